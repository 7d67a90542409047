import Foundation
import Testing

/// The dashboard with whoever slips, comes too late, or has no right to change anything.
@Suite(.ownThreads)
struct DashboardCareTests {
    private typealias Steps = [[String: String]]
    private static let (write, read) = ("correct-horse-battery-staple", "only-looks-at-the-wall")

    private static func sluice(_ x: ScriptedUpstream, _ y: ScriptedUpstream) throws -> Sluice {
        var settings = Settings(x: x.port, y: y.port)
        let folder = try TemporaryFolder()
        try folder.write(write + "\n", to: "ops.token")
        try folder.write(read + "\n", to: "wall.token")
        settings.adminMore =
            ", tokens: [{name: ops, file: ops.token}, "
            + "{name: wall, file: wall.token, role: read}]"
        settings.adminPort = try LoopbackAddress.freePort()
        return try Sluice(settings, in: folder)
    }

    private static let isDrawn =
        "document.querySelectorAll('.chart .line').length > 3 && "
        + "document.querySelector('.diagram .share')"
    private static let forms = [
        "eval": "String(document.querySelectorAll('.controls form').length)"
    ]

    /// Shows a token, and waits for what comes of it.
    private static func show(_ token: String, until outcome: String) -> Steps {
        [
            ["do": "document.getElementById('access').click()"],
            ["wait": "document.activeElement.id == 'token'"], ["text": token], ["key": "Enter"],
            ["wait": outcome],
        ]
    }

    /// Writes a weight as somebody who types.
    private static func type(_ weight: String, for member: String) -> Steps {
        [
            ["do": "document.querySelector('.controls input[name=\(member)]').select()"],
            ["text": weight],
        ]
    }

    /// Two seconds of news have come.
    private static let news: Steps = (0..<2).flatMap { _ in
        [
            ["do": "window.before = document.getElementById('facts').innerText"],
            ["wait": "document.getElementById('facts').innerText != window.before"],
        ]
    }

    private static func isSet(_ share: Int) -> String {
        "document.querySelector('.diagram .shares').textContent.includes(' \(share) %')"
    }

    /// Wrong tokens and those that may only read open nothing.
    private static let tokens: [Steps] = [
        show(
            "nobody-has-this-one",
            until: "document.querySelector('dialog[open] .result.bad').textContent"),
        [forms, ["key": "Escape"], ["wait": "!document.querySelector('dialog[open]')"]],
        show(read, until: "document.getElementById('access').textContent == 'wall'"), news,
        [forms, ["do": "document.getElementById('access').click()"]],
        show(write, until: "document.querySelector('.controls form')"),
    ]

    /// What is typed stays, is not set when others were faster, and Escape rolls nothing back.
    private static func slips(_ folder: TemporaryFolder) -> [Steps] {
        [
            type("70", for: "x"), news,
            [
                ["eval": "document.querySelector('.controls input[name=x]').value"],
                ["touch": folder["typed"]], ["wait": isSet(50)],
                ["eval": "document.querySelector('.controls input[name=x]').value"],
                ["do": "document.querySelector('.controls input[name=x]').focus()"],
                ["key": "Enter"], ["wait": "document.querySelector('.controls .result.bad')"],
                ["do": "document.querySelector('.controls .danger').click()"],
                ["wait": "document.querySelector('dialog[open]')"], ["key": "Escape"],
                ["wait": "!document.querySelector('dialog[open]')"],
            ],
            news,
            [["eval": "String(document.querySelector('.controls .result.good') == null)"]],
        ]
    }

    /// What happened stands on the charts, and keys go through them.
    private static let charts: Steps = [
        ["wait": "document.querySelector('.chart .mark.weights')"],
        ["do": "document.querySelector('svg.chart').focus()"], ["key": "ArrowLeft"],
        ["wait": "document.querySelector('figcaption time').textContent != ''"],
        ["key": "Escape"],
        ["wait": "document.querySelector('figcaption time').textContent == ''"],
    ]

    /// A page that is loaded anew speaks the language that was chosen, and knows no token.
    private static func loadedAnew(_ address: String) -> Steps {
        [
            ["do": "document.getElementById('language').click()"],
            ["wait": "document.documentElement.lang == 'ja'"],
            ["do": "window.isOld = true"], ["goto": address],
            ["wait": "!window.isOld && \(isDrawn)"], ["eval": "document.documentElement.lang"],
            forms,
            [
                "eval": "JSON.stringify([Object.keys(localStorage).sort(), "
                    + "sessionStorage.length, document.cookie])"
            ],
        ]
    }

    /// A token that has become another locks the page, and what was seen outlives a restart.
    private static func endings(_ folder: TemporaryFolder) -> [Steps] {
        let pieces =
            "document.querySelectorAll('.chart')[1].querySelector('.line').getAttribute('d')"
            + ".split(/[ML]/).length"
        return [
            show(write, until: "document.querySelector('.controls form')"),
            [["touch": folder["open"]], ["wait": isSet(60)]], type("30", for: "x"),
            [
                ["key": "Enter"], ["wait": "!document.querySelector('.controls form')"],
                ["wait": "\(pieces) > 4"], ["do": "window.pieces = \(pieces)"],
                ["touch": folder["seen"]], ["wait": "document.body.dataset.state == 'stale'"],
                ["touch": folder["stale"]], ["wait": "document.body.dataset.state == 'live'"],
            ],
            news, [["eval": "String(\(pieces) >= window.pieces)"]],
        ]
    }

    @Test(.enabled(if: Browser.program != nil, "no browser is installed"))
    func `it changes nothing that was not meant, and forgets what it must`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Self.sluice(x, y)
        let (folder, address) = (sluice.folder, "http://127.0.0.1:\(sluice.adminPort)/")
        for _ in 0..<20 { #expect(try sluice.get().status == 200) }
        var steps = Self.tokens + Self.slips(folder)
        steps += [Self.charts, Self.loadedAnew(address)] + Self.endings(folder)
        let begin: Steps = [["goto": address], ["wait": Self.isDrawn]]
        let browser = try Browser(begin + steps.flatMap(\.self))
        try Self.wait(for: "typed", in: folder, browser)
        #expect(try sluice.set(x: 50, y: 50).status == 200)
        try Self.wait(for: "open", in: folder, browser)
        #expect(try sluice.split().weights == ["x": 50, "y": 50])
        try folder.replace("ops.token", with: "another-token-than-before\n")
        sluice.reload()
        #expect(eventually { sluice.logCount("was read again and is in force") == 1 })
        #expect(try sluice.set(x: 60, y: 40).status == 200)
        try Self.wait(for: "seen", in: folder, browser)
        #expect(try sluice.split().weights == ["x": 60, "y": 40])
        sluice.crash()
        try Self.wait(for: "stale", in: folder, browser)
        try sluice.start()
        let values = try browser.outcome().values
        #expect(
            values == [
                "0", "0", "70", "70", "true", "ja", "0",
                #"[["sluice.language","sluice.theme"],0,""]"#, "true",
            ], "\(values)")
    }

    /// Waits until the browser has come to that step.
    private static func wait(
        for name: String, in folder: TemporaryFolder, _ browser: Browser
    ) throws {
        let isThere = eventually(within: 2 * patience) {
            !browser.isRunning || FileManager.default.fileExists(atPath: folder[name])
        }
        if !isThere || !browser.isRunning { _ = try browser.outcome() }
    }
}

import Foundation
import Testing

/// The dashboard in a browser that is driven for real.
@Suite(.ownThreads)
struct DashboardTests {
    private static let token = "correct-horse-battery-staple"

    private static func sluice(_ x: ScriptedUpstream, _ y: ScriptedUpstream) throws -> Sluice {
        var settings = Settings(x: x.port, y: y.port)
        let folder = try TemporaryFolder()
        try folder.write(token + "\n", to: "ops.token")
        settings.adminMore = ", tokens: [{name: ops, file: ops.token}]"
        // A split of one upstream is shown too.
        settings.weights = "{x: 90, y: 10}\n  more: {y: 1}"
        return try Sluice(settings, in: folder)
    }

    private static let isDrawn =
        "document.querySelectorAll('.chart .line').length > 3 && "
        + "document.querySelector('.diagram .share')"

    /// The text of the diagram's n-th line of each class, by upstream.
    private static func texts(_ name: String) -> String {
        "JSON.stringify([...document.querySelectorAll('.diagram .\(name)')]"
            + ".map(one => one.textContent))"
    }

    /// Goes to a weight, so that what is typed replaces it.
    private static func choose(_ member: String) -> [String: String] {
        ["do": "document.querySelector('.controls input[name=\(member)]').select()"]
    }

    @Test(.enabled(if: Browser.program != nil, "no browser is installed"))
    func `it shows the numbers of the metrics, and what it sets is in force`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Self.sluice(x, y)
        let address = "http://127.0.0.1:\(sluice.adminPort)/"
        let steps: [[String: String]] =
            try Self.gate(sluice) + [
                ["goto": address], ["wait": Self.isDrawn],
                [
                    "wait":
                        "/p99 [0-9]/.test(document.querySelector('.diagram .numbers').textContent)"
                ],
                ["eval": Self.texts("share")], ["eval": Self.texts("shares")],
                ["eval": Self.texts("numbers")],
                ["eval": "fetch('/metrics').then(answer => answer.text())"],
                ["eval": "String(document.querySelectorAll('.controls form').length)"],
                ["eval": "document.getElementById('small').innerText"],
            ] + Self.unlock + [
                Self.choose("x"), ["text": "60"], Self.choose("y"), ["text": "40"],
                ["eval": "document.querySelector('.controls tbody').innerText"],
                ["do": "document.querySelector('.controls input[name=reason]').focus()"],
                ["text": "by a browser"], ["key": "Enter"],
                ["wait": "document.querySelector('.controls .result.good')"],
                ["wait": "document.getElementById('events').innerText.includes('by a browser')"],
                ["do": "document.getElementById('language').click()"],
                ["wait": "document.querySelector('.controls h3').textContent == '操作'"],
                ["errors": ""], ["touch": sluice.folder["set"]],
                ["wait": "document.body.dataset.state == 'stale'"],
                ["wait": "!document.getElementById('banner').hidden"],
                ["touch": sluice.folder["stale"]],
                ["wait": "document.body.dataset.state == 'live'"],
                ["wait": "document.querySelector('.controls form') && " + Self.isDrawn],
                // Enter confirms a rollback.
                ["do": "document.querySelector('.controls .danger').click()"],
                ["wait": "document.querySelector('dialog[open]')"], ["key": "Enter"],
                ["wait": "document.querySelector('.controls .result.good')"],
            ]
        let browser = try Browser(steps)
        try Self.wait(for: "up", in: sluice, browser)
        for _ in 0..<40 { #expect(try sluice.get().status == 200) }
        // From here on the numbers stand still for a minute.
        try sluice.folder.replace("gate.html", with: "<title>loaded</title>")
        try Self.wait(for: "set", in: sluice, browser)
        #expect(try sluice.split().weights == ["x": 60, "y": 40])
        #expect(try sluice.folder.read("state/audit.jsonl").contains(#""token": "ops""#))
        // The page asks at the same address again.
        let text = try sluice.folder.read("sluice.yaml")
        try sluice.folder.replace(
            "sluice.yaml",
            with: text.replacing(
                "admin: {address: 127.0.0.1:0",
                with: "admin: {address: 127.0.0.1:\(sluice.adminPort)"))
        sluice.crash()
        try Self.wait(for: "stale", in: sluice, browser)
        try sluice.start()
        let outcome = try browser.outcome()
        #expect(try sluice.split().weights == ["x": 100, "y": 0])
        try Self.check(outcome.values)
        #expect(outcome.values.count == 8, "\(outcome.values)")
    }

    /// Holds the browser, when it is there, until another page stands in the place of this one,
    /// which loads itself again and again.
    private static func gate(_ sluice: Sluice) throws -> [[String: String]] {
        try sluice.folder.write("<meta http-equiv=refresh content=0>", to: "gate.html")
        return [
            ["goto": "file://" + sluice.folder["gate.html"]],
            ["touch": sluice.folder["up"]], ["wait": "document.title == 'loaded'"],
        ]
    }

    /// Waits until the browser has come to that step.
    private static func wait(
        for name: String, in sluice: Sluice, _ browser: Browser
    ) throws {
        let isThere = eventually(within: 2 * patience) {
            !browser.isRunning
                || FileManager.default.fileExists(atPath: sluice.folder[name])
        }
        if !isThere || !browser.isRunning { _ = try browser.outcome() }
    }

    private static let unlock: [[String: String]] = [
        ["do": "document.getElementById('access').click()"],
        ["wait": "document.activeElement.id == 'token'"], ["text": token], ["key": "Enter"],
        ["wait": "document.querySelector('.controls form')"],
    ]

    /// What the page shows beside what the metrics say.
    private static func check(_ values: [String]) throws {
        let read = { (index: Int) in
            try JSONDecoder().decode([String].self, from: Data(values[index].utf8))
        }
        let (share, shares, numbers) = (try read(0), try read(1), try read(2))
        let page = MetricsPage(values[3])
        let total = page.sum("sluice_split_routed_total", ["split": "kong"])
        #expect(total == 40)
        for (index, upstream) in ["x", "y"].enumerated() {
            let routed = page.sum(
                "sluice_split_routed_total", ["split": "kong", "upstream": upstream])
            let measured = Double(routed) / Double(total) * 100
            #expect(
                share[index] == "\(String(format: "%.1f", measured)) % measured", "\(share)")
            let labels = "{split=\"kong\",upstream=\"\(upstream)\"}"
            let set = try #require(page.samples["sluice_split_weight_ratio" + labels])
            let effective = try #require(page.samples["sluice_split_effective_ratio" + labels])
            #expect(
                shares[index]
                    == "set \(Int(set * 100)) %   effective \(Int(effective * 100)) %")
            for (name, quantile) in [("p50", "0.5"), ("p99", "0.99")] {
                let sample =
                    "sluice_upstream_request_duration_quantile_seconds"
                    + labels.dropLast() + ",quantile=\"\(quantile)\"}"
                let seconds = try #require(page.samples[sample], "\(sample)")
                let words = numbers[index].split(separator: " ")
                let place = try #require(words.firstIndex { $0 == name })
                let shown = try #require(Double(words[place + 1].replacing(",", with: "")))
                // Two decimals below 10 ms, one below 100 ms.
                let unit = seconds < 0.01 ? 0.01 : seconds < 0.1 ? 0.1 : 1
                #expect(abs(shown - seconds * 1_000) <= unit / 2 + 1e-6, "\(name) \(numbers)")
            }
        }
        #expect(values[4] == "0", "no controls without a token")
        #expect(values[5].contains("more"))
        #expect(values[6].contains("90 % → 60 %") && values[6].contains("10 % → 40 %"))
        #expect(values[7] == "[]", "the console: \(values[7])")
    }
}

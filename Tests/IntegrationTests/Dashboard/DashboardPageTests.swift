import Foundation
import Testing

/// What the dashboard's page does with what somebody types, and how it is laid out.
@Suite(.ownThreads)
struct DashboardPageTests {
    private static let token = "correct-horse-battery-staple"
    private static let isDrawn = "document.querySelector('.diagram .share')"
    private static let fault =
        "document.querySelector('.controls .fault').textContent"

    /// Two Kongs on one database, the widest diagram there is.
    private static func sluice(_ x: ScriptedUpstream, _ y: ScriptedUpstream) throws -> Sluice {
        var settings = Settings(x: x.port, y: y.port)
        let folder = try TemporaryFolder()
        try folder.write(token + "\n", to: "ops.token")
        settings.adminMore = ", tokens: [{name: ops, file: ops.token}]"
        settings.upstreamMore = ", kong: true"
        return try Sluice(settings, in: folder)
    }

    /// Puts a text in the place of a weight; nil empties the field.
    private static func put(_ text: String?, into member: String) -> [[String: String]] {
        [
            ["do": "document.querySelector('.controls input[name=\(member)]').select()"],
            text.map { ["text": $0] } ?? ["key": "Backspace"],
        ]
    }

    @Test(.enabled(if: Browser.program != nil, "no browser is installed"))
    func `a field that holds no weight sends nothing and says what is expected`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Self.sluice(x, y)
        let before = try sluice.split().generation
        var steps: [[String: String]] = [
            ["goto": "http://127.0.0.1:\(sluice.adminPort)/"], ["wait": Self.isDrawn],
            ["do": "document.getElementById('access').click()"],
            ["wait": "document.activeElement.id == 'token'"], ["text": Self.token],
            ["key": "Enter"], ["wait": "document.querySelector('.controls form')"],
        ]
        let wrong = [nil, "abc", "33.333", "-1", "1000001"]
        for text in wrong {
            steps += Self.put(text, into: "x")
            steps += [["key": "Enter"], ["eval": Self.fault]]
        }
        steps += Self.put("33.33", into: "x") + Self.put("66.67", into: "y")
        steps += [
            ["eval": Self.fault], ["key": "Enter"],
            ["wait": "document.querySelector('.controls .result.good')"],
        ]
        let outcome = try Browser(steps).outcome()
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        try #require(outcome.values.count == wrong.count + 1, "\(outcome.values)")
        for (text, fault) in zip(wrong, outcome.values) {
            #expect(fault.hasPrefix("x: expected a number"), "\(text ?? "nothing"): \(fault)")
        }
        #expect(outcome.values.last == "")
        // It is the first change that there was.
        let split = try sluice.split()
        #expect(split.weights == ["x": 33.33, "y": 66.67])
        #expect(split.generation == before + 1)
    }

    /// What the texts of the diagram run into, as JSON: a box that does not hold them whole,
    /// another text, or the end of the drawing.
    private static let collisions = """
        (() => {
          const place = one => one.getBoundingClientRect();
          const found = [];
          const diagram = document.querySelector('.diagram');
          const texts = [...diagram.querySelectorAll('text')].filter(one => place(one).width);
          const whole = place(diagram);
          for (const text of texts) {
            const own = place(text);
            if (own.left < whole.left - 1 || own.right > whole.right + 1) {
              found.push('outside: ' + text.textContent);
            }
            for (const node of diagram.querySelectorAll('.node')) {
              const box = place(node);
              const meets = own.left < box.right && box.left < own.right
                && own.top < box.bottom && box.top < own.bottom;
              const isInside = own.left >= box.left + 3 && own.right <= box.right - 3;
              if (meets && !isInside) found.push('a box: ' + text.textContent);
            }
            for (const other of texts.filter(one => one !== text)) {
              const its = place(other);
              const meets = own.left < its.right && its.left < own.right
                && own.top + 4 < its.bottom - 4 && its.top + 4 < own.bottom - 4;
              if (meets) found.push(text.textContent + ' / ' + other.textContent);
            }
          }
          return JSON.stringify(found);
        })()
        """

    @Test(.enabled(if: Browser.program != nil, "no browser is installed"))
    func `no text of the diagram runs into a box or another text`() throws {
        let (x, y) = (try ScriptedUpstream(name: "x"), try ScriptedUpstream(name: "y"))
        let sluice = try Self.sluice(x, y)
        for _ in 0..<40 { #expect(try sluice.get().status == 200) }
        var steps: [[String: String]] = [
            ["goto": "http://127.0.0.1:\(sluice.adminPort)/"], ["wait": Self.isDrawn],
            ["wait": "document.querySelector('.diagram .base')"],
        ]
        let widths = [320, 360, 390, 800, 1180, 1240, 1280, 1366, 1920]
        for language in ["en", "ja"] {
            steps.append(["wait": "document.documentElement.lang == '\(language)'"])
            for width in widths {
                steps += [
                    ["size": "\(width) 900"],
                    ["wait": Self.isLaidOut(width)], ["eval": Self.collisions],
                ]
            }
            steps.append(["do": "document.getElementById('language').click()"])
        }
        let outcome = try Browser(steps).outcome()
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        let names = ["en", "ja"].flatMap { language in widths.map { "\(language) \($0)" } }
        try #require(outcome.values.count == names.count)
        for (name, found) in zip(names, outcome.values) {
            #expect(found == "[]", "at \(name): \(found)")
        }
    }

    /// Whether the diagram has been drawn for the window's width.
    private static func isLaidOut(_ width: Int) -> String {
        """
        (innerWidth == \(width) && Math.abs(document.querySelector('.diagram-box').clientWidth \
        - document.querySelector('.diagram').getAttribute('width')) < 2)
        """
    }
}

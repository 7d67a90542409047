import Testing

@testable import Admin

/// Text from outside must not reach a terminal as anything but text.
@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("plain, \"quoted\" and \\x1b", "plain, \"quoted\" and \\x1b"),
        ("a\u{1b}[2Jb", "a\\x1b[2Jb"), ("a\nb\r\nc\td", "a\\nb\\r\\nc\\td"),
        ("\u{0}\u{7}\u{7f}\u{80}\u{9b}31m", "\\x00\\x07\\x7f\\x80\\x9b31m"),
        ("a\u{202e}b\u{2066}c\u{200f}d", "a\\u{202e}b\\u{2066}c\\u{200f}d"),
        ("\u{200b}\u{feff}\u{2028}\u{2029}", "\\u{200b}\\u{feff}\\u{2028}\\u{2029}"),
        ("Übergabe 日本語 é", "Übergabe 日本語 é"), ("", ""),
    ])
    func `what a terminal would obey is written out`(text: String, shown: String) {
        #expect(VisibleText.line(text) == shown)
        #expect(VisibleText.line(shown) == shown)
    }

    @Test func `the ends of lines stay where there are several`() {
        #expect(VisibleText.lines("a\u{1b}\nb\n") == "a\\x1b\nb\n")
    }

    private static let hostile =
        "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200b}\r\nROOT\u{2028}b"

    /// Something of everything that an answer can have; `%` stands in each text from outside.
    private static let answer = """
        {"name": "%", "version": "%", "state": "%", "workers": 1, "generation": 1, "number": 1,
         "at": "%", "event": "%", "subject": "%", "split": "%", "forced": true,
         "who": {"user": "%", "uid": 0, "pid": 1}, "from": {"%": "%"}, "to": "%",
         "weights": {"%": 1}, "before": {"%": 2}, "effective": {"%": 1}, "stable": "%",
         "candidate": "%", "source": "%", "reason": "%", "changed_at": "%", "durable": false,
         "measured": {"requests": 1, "%": 1}, "sticky": ["%"], "choices": {"pin": {"%": 1}},
         "weights_file": {"path": "%", "valid": false, "errors": ["%"], "written": false,
         "write_error": "%", "error": "%"}, "skipped": ["%"], "pending_workers": [1],
         "access_log": {"to": "%", "format": "%", "writing": false, "error": "%", "dropped": 1},
         "reload": {"successful": false, "errors": ["%"]},
         "listeners": [{"name": "%", "address": "%", "mode": "%", "split": "%"}],
         "upstreams": [{"name": "%", "tcp": 1, "tunnels": 1, "targets": [{"target": "%",
         "address": "%", "state": "%", "drained": false, "last_error": "%", "last_error_at": "%"},
         {"target": "%", "address": "%", "drained": true}],
         "drains": [{"target": "%", "since": "%", "reason": "%"}], "warnings": ["%"],
         "kong": {"versions": [{"version": "%"}], "alarms": [{"text": "%"}], "marked": false,
         "same_version_as": ["%"]}}],
         "drain": {"target": "%", "since": "%", "reason": "%"}, "changed": false,
         "drains": [{"target": "%", "since": "%", "reason": "%"}], "warnings": ["%"],
         "freezes": [{"split": "%", "mode": "%", "since": "%", "reason": "%"}], "mode": "%",
         "latches": [{"split": "%", "upstream": "%", "since": "%", "reason": "%"}],
         "audit": {"path": "%", "writing": false, "error": "%"},
         "certificates": [{"listener": "%", "names": ["%"], "key": "%", "certificate": "%"}],
         "certificate_faults": [{"upstream": "%", "error": "%"}],
         "splits": ["%"], "connection_splits": ["%"], "mixed_splits": ["%"],
         "shifts": [{"split": "%", "since": "%", "ended_by": "%", "to_close": {"%": 1}}],
         "tripwire": {"admins": [{"upstream": "%", "version": "%", "hostname": "%",
         "last_success": "%", "error": "%"}], "splits": [{"split": "%", "verdict": "%",
         "since": "%", "mode": "%", "alarms": [{"kind": "%", "upstream": "%", "since": "%",
         "added": {"count": 1, "ids": ["%"]}}], "reasons": ["%"], "remarks": ["%"]}]},
         "steps": [{"step": "%", "state": "%", "title": "%", "reason": "%", "by": "%", "at": "%",
         "note": "%", "remarks": ["%"]}], "latched": "%", "started_at": "%",
         "smoke": [{"request": "%", "differences": ["%"]}], "upgrades": [{"split": "%",
         "state": "%"}], "upgrades_error": "%", "plan": "%", "alarm": "%", "journal_error": "%",
         "journal_damage": "%", "guards": [{"guard": "%", "state": "%", "text": "%"}],
         "blockers": ["%"], "judge": {"classes": [{"class": "%", "candidate": 1, "on_breach": "%",
         "prefixes": [{"prefix": "%", "log_value": 1.5}]}]},
         "rollouts": [{"plan": "%", "state": "%", "reason": "%", "ended_at": "%"}],
         "events": [{"at": "%", "event": "%", "reason": "%"}],
         "rollout": {"plan": "%", "state": "%", "reason": "%", "alarm": "%"}}
        """

    private static let texts: [(String, @Sendable (JSONValue, String) -> String)] = [
        ("status", { answer, _ in StatusText.table(answer) }),
        ("splits", { answer, _ in SplitText.table([answer]) }),
        ("change", { answer, _ in SplitText.change(answer) }),
        ("warnings", { answer, _ in SplitText.warnings(answer) }),
        ("drains", { answer, _ in DrainText.table(answer) }),
        ("drained", { answer, _ in DrainText.drained(answer) }),
        ("undrained", { DrainText.undrained($0, target: $1) }),
        ("drain warnings", { answer, _ in DrainText.warnings(ofChange: answer) }),
        ("freezes", { answer, _ in FreezeText.table(answer) }),
        ("freeze", { answer, _ in FreezeText.change(answer) }),
        ("latch", { FreezeText.change($0, ofLatch: $1, split: $1) }),
        ("no latch", { FreezeText.change(.null, ofLatch: $1, split: $1) }),
        ("freeze warnings", { answer, _ in FreezeText.warnings(ofChange: answer) }),
        ("audit", { answer, _ in AuditText.line(answer) }),
        ("shifts", { answer, _ in ShiftText.shifts(answer) }),
        ("connections", { answer, _ in ShiftText.connections(answer) }),
        ("shift", { answer, _ in ShiftText.begun(answer) }),
        ("tripwires", { answer, _ in TripwireText.table(answer) }),
        ("upgrade", { answer, _ in UpgradeText.table(answer) }),
        ("upgrade step", { UpgradeText.step($1, of: $0) }),
        ("smoke", { answer, _ in UpgradeText.smoke(answer) }),
        ("finished", { answer, _ in UpgradeText.finished(answer) }),
        ("over", { answer, _ in UpgradeText.over(answer) }),
        ("upgrades", { answer, _ in UpgradeText.summary(answer) }),
        ("rollout", { answer, _ in RolloutText.table(answer) }),
        ("no rollout", { RolloutText.table(.object(["error": .string($1)])) }),
        ("rollout in status", { answer, _ in RolloutText.summary(answer) }),
        ("rollouts", { answer, _ in RolloutText.history(answer) }),
        (
            "left",
            { answer, name in
                SocketCommands.remaining(on: [name], answer)
            }
        ),
        (
            "top",
            { answer, _ in
                TopView.lines(answer).map { $0.written(columns: .max, hasColours: false) + "\n" }
                    .joined()
            }
        ),
    ]

    @Test(arguments: texts.indices)
    func `every text of every command shows it as text, and in one line`(index: Int) throws {
        let (what, text) = Self.texts[index]
        let escaped = String(
            JSONWriter.line(.string(Self.hostile)).dropFirst().dropLast())
        let harmless = try JSONReader.read(Array(Self.answer.utf8))
        let hostile = try JSONReader.read(
            Array(Self.answer.replacing("%", with: escaped).utf8))
        let plain = text(harmless, "%")
        let shown = text(hostile, Self.hostile)
        #expect(plain.count { $0 == "\n" } == shown.count { $0 == "\n" }, "\(what): \(shown)")
        let bad = shown.unicodeScalars.filter { scalar in
            scalar != "\n"
                && [.control, .format, .lineSeparator, .paragraphSeparator].contains(
                    scalar.properties.generalCategory)
        }
        #expect(bad.isEmpty, "\(what): \(shown)")
    }
}

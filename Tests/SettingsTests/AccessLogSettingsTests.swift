import Testing

@testable import Settings

/// Where exchanges are written down.
struct AccessLogSettingsTests {
    @Test(
        arguments: [
            ("stdout", .standardOutput, .json),
            ("{to: stdout}", .standardOutput, .json),
            ("{to: stdout, format: json}", .standardOutput, .json),
            ("{to: stdout, format: combined}", .standardOutput, .combined),
            ("logs/access.log", .file("conf/logs/access.log"), .json),
            ("access.log", .file("conf/access.log"), .json),
            ("./stdout", .file("conf/./stdout"), .json),
            ("/dev/stdout", .file("/dev/stdout"), .json),
            ("{to: /var/log/é 1, format: combined}", .file("/var/log/é 1"), .combined),
            ("'${DIR:-/var/log}/a'", .file("/var/log/a"), .json),
        ] as [(String, AccessLogSettings.Destination, AccessLogSettings.Format)])
    func `an access log`(
        text: String,
        to: AccessLogSettings.Destination,
        format: AccessLogSettings.Format
    ) throws {
        let path = "conf/sluice.yaml"
        let reading = try SettingsReader.read(
            path, environment: [:],
            files: files([path: settingsText(rest: "access_log: \(text)")]))
        #expect(reading.snapshot.accessLog == AccessLogSettings(to: to, format: format))
    }

    @Test func `without it nothing is written`() throws {
        #expect(try snapshot(settingsText()).accessLog == nil)
    }

    @Test(arguments: [
        ("access_log: ^off", "`access_log` is `off`; expected stdout or the path of a file, such"),
        ("access_log: ^stdotu", "`access_log` is `stdotu`; expected stdout or the path of a file"),
        ("access_log: ^stderr", "`access_log` is `stderr`; expected stdout or the path of a file"),
        ("access_log: ^true", "`access_log` is `true`; expected stdout or the path of a file"),
        ("access_log: ^logs/", "`access_log` is `logs/`; expected stdout or the path of a file"),
        ("access_log: ^..", "`access_log` is `..`; expected stdout or the path of a file"),
        ("access_log: ^/", "`access_log` is `/`; expected stdout or the path of a file"),
        ("access_log:^", "`access_log` is empty; expected stdout or the path of a file"),
        ("access_log: ^[stdout]", "`access_log` is a list; expected a mapping of to, format"),
        ("^access_log: {}", "`to` of `access_log` is missing"),
        ("^access_log: {format: json}", "`to` of `access_log` is missing"),
        ("access_log: {to: ^off}", "`to` is `off`; expected stdout or the path of a file"),
        ("access_log: {to: ^[]}", "`to` is a list; expected stdout or the path of a file"),
        ("access_log: {to: stdout, format: ^text}", "`format` is `text`; expected json, combined"),
        ("access_log: {to: stdout, format: ^JSON}", "`format` is `JSON`; expected json, combined"),
        ("access_log: {to: stdout, ^fromat: json}", "`fromat` is not a key of `access_log`; did y"),
        ("access_log: ^sluice.yaml", "`sluice.yaml` has another purpose in this file; expected a"),
        (
            "control: {socket: s/s.sock}\naccess_log: {to: ^s/s.sock}",
            "`s/s.sock` has another purpose in this file; expected a file of its own"
        ),
    ])
    func `a faulty access log is refused`(rest: String, expected: String) {
        MarkedText(settingsText(rest: rest)).expectFault(expected)
    }

    @Test func `the weight file is no access log`() {
        let text = settingsText(rest: "weights_file: weights.yaml\naccess_log: weights.yaml")
        #expect(
            faults(text, weights: "kong: {x: 90, y: 10}") == [
                "sluice.yaml:9:13: `weights.yaml` has another purpose in this file; expected a "
                    + "file of its own"
            ])
    }
}

/// Requests that must be refused, each with the kind of its fault: what servers in a row have
/// read differently, or may.
enum BadRequests {
    static let line: [(String, String)] = [
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}", "bad_request_line"),
        ("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "bad_request_line"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "unsupported_version"),
        (" GET / HTTP/1.1\r\n", "bad_request_line"),
        ("GET\t/ HTTP/1.1\r\n", "bad_request_line"),
        ("GET  / HTTP/1.1\r\n", "bad_request_line"),
        ("GET /  HTTP/1.1\r\n", "bad_request_line"),
        ("GET / HTTP/1.1 \r\n", "bad_request_line"),
        ("GET / HTTP/1.1\t\r\n", "bad_request_line"),
        ("GET /\r\n\r\n", "bad_request_line"),
        ("GET\r\n\r\n", "bad_request_line"),
        ("G(T / HTTP/1.1\r\n", "bad_request_line"),
        ("G\u{0}T / HTTP/1.1\r\n", "bad_request_line"),
        ("G\u{e9}T / HTTP/1.1\r\n", "bad_request_line"),
        ("GET /\u{0} HTTP/1.1\r\n", "bad_request_line"),
        ("GET /\u{b} HTTP/1.1\r\n", "bad_request_line"),
        ("GET /\u{7f} HTTP/1.1\r\n", "bad_request_line"),
        ("GET /\u{e9} HTTP/1.1\r\n", "bad_request_line"),
        ("GET /\r HTTP/1.1\r\n", "bad_request_line"),
        ("GET / http/1.1\r\n", "bad_request_line"),
        ("GET / HTTP/1.1x\r\n", "bad_request_line"),
        ("GET / HTTP/11\r\n", "bad_request_line"),
        ("GET / HTTP/1,1\r\n", "bad_request_line"),
        ("GET / HTTP/01.1\r\n", "bad_request_line"),
        ("GET / HTTPS/1.1\r\n", "bad_request_line"),
        ("GET / HTTP/1.1\n", "bare_lf"),
        ("GET / HTTP/1.1\rHost: a\r\n", "bare_cr"),
        ("GET /\nHost: a\r\n", "bare_lf"),
        ("\nGET / HTTP/1.1\r\n", "bare_lf"),
        ("\rGET / HTTP/1.1\r\n", "bare_cr"),
        (String(repeating: "\r\n", count: 9) + "GET / HTTP/1.1\r\n", "bad_request_line"),
        (String(repeating: "M", count: 33) + " / HTTP/1.1\r\n", "bad_request_line"),
        ("GET / HTTP/0.9\r\n\r\n", "unsupported_version"),
        ("GET / HTTP/1.2\r\n\r\n", "unsupported_version"),
        ("GET / HTTP/2.0\r\n\r\n", "unsupported_version"),
        ("GET / HTTP/3.0\r\n\r\n", "unsupported_version"),
    ]

    static let target: [(String, String)] = [
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "connect_not_supported"),
        ("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", "connect_not_supported"),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET path HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET ?q HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET http: HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET http://a\\b/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("GET http://a/ HTTP/1.1\r\n\r\n", "missing_host"),
    ]

    static let host: [(String, String)] = [
        ("", "missing_host"),
        ("Ho_st: a\r\n", "missing_host"),
        ("Host: a\r\nHost: a\r\n", "duplicate_host"),
        ("Host: a\r\nhOST: b\r\n", "duplicate_host"),
        ("Host:\r\n", "bad_host"),
        ("Host: \t \r\n", "bad_host"),
        ("Host: a b\r\n", "bad_host"),
        ("Host: a/b\r\n", "bad_host"),
        ("Host: u@a\r\n", "bad_host"),
        ("Host: a:80:80\r\n", "bad_host"),
        ("Host: a:65536\r\n", "bad_host"),
        ("Host: a:-1\r\n", "bad_host"),
        ("Host: a:8x\r\n", "bad_host"),
        ("Host: :80\r\n", "bad_host"),
        ("Host: a%2\r\n", "bad_host"),
        ("Host: a%zz\r\n", "bad_host"),
        ("Host: [::1\r\n", "bad_host"),
        ("Host: []\r\n", "bad_host"),
        ("Host: [::g]\r\n", "bad_host"),
        ("Host: [::1]a\r\n", "bad_host"),
        ("Host: a\"b\r\n", "bad_host"),
        ("Host: \u{e4}\r\n", "bad_host"),
        ("Host: http://a\r\n", "bad_host"),
    ]

    static let field: [(String, String)] = [
        (" X: folded first\r\n", "folded_line"),
        ("X: 1\r\n folded\r\n", "folded_line"),
        ("X: 1\r\n\tfolded\r\n", "folded_line"),
        ("X : 1\r\n", "white_space_before_colon"),
        ("X\t: 1\r\n", "white_space_before_colon"),
        ("Transfer-Encoding : chunked\r\n", "white_space_before_colon"),
        (": 1\r\n", "bad_field_name"),
        ("X\r\n", "bad_field_name"),
        ("X(y): 1\r\n", "bad_field_name"),
        ("X\u{0}: 1\r\n", "bad_field_name"),
        ("X\u{b}: 1\r\n", "bad_field_name"),
        ("X\u{80}: 1\r\n", "bad_field_name"),
        ("\u{b}X: 1\r\n", "bad_field_name"),
        ("X\"y: 1\r\n", "bad_field_name"),
        ("X: 1\u{0}\r\n", "bad_field_value"),
        ("X: \u{1}\r\n", "bad_field_value"),
        ("X: a\u{b}b\r\n", "bad_field_value"),
        ("X: a\u{c}b\r\n", "bad_field_value"),
        ("X: a\u{1b}b\r\n", "bad_field_value"),
        ("X: a\u{7f}b\r\n", "bad_field_value"),
        ("X: 1\n", "bare_lf"),
        ("X: 1\nContent-Length: 5\r\n", "bare_lf"),
        ("X: 1\rContent-Length: 5\r\n", "bare_cr"),
        ("X: 1\r\r\n", "bare_cr"),
        ("\n", "bare_lf"),
        ("\rX: 1\r\n", "bare_cr"),
    ]

    static let framing: [(String, String)] = [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "ambiguous_framing"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "ambiguous_framing"),
        ("Content-Length: 5\r\nTransfer-Encoding: x\r\n", "ambiguous_framing"),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", "ambiguous_framing"),
        ("Content-Length: 5, 6\r\n", "ambiguous_framing"),
        ("Content-Length: 5\r\ncontent-length: 0\r\n", "ambiguous_framing"),
        ("Content-Length:\r\n", "bad_content_length"),
        ("Content-Length: 5,\r\n", "bad_content_length"),
        ("Content-Length: ,5\r\n", "bad_content_length"),
        ("Content-Length: -1\r\n", "bad_content_length"),
        ("Content-Length: +5\r\n", "bad_content_length"),
        ("Content-Length: 0x5\r\n", "bad_content_length"),
        ("Content-Length: 5 5\r\n", "bad_content_length"),
        ("Content-Length: 5;\r\n", "bad_content_length"),
        ("Content-Length: 5.0\r\n", "bad_content_length"),
        ("Content-Length: 1e3\r\n", "bad_content_length"),
        ("Content-Length: \"5\"\r\n", "bad_content_length"),
        ("Content-Length: 1_000\r\n", "bad_content_length"),
        ("Content-Length: \u{b2}\r\n", "bad_content_length"),
        ("Content-Length: 9223372036854775808\r\n", "bad_content_length"),
        ("Content-Length: 18446744073709551616\r\n", "bad_content_length"),
        ("Content-Length: 18446744073709551621\r\n", "bad_content_length"),
        ("Content-Length: 99999999999999999999999999\r\n", "bad_content_length"),
        ("Transfer-Encoding:\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: identity\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: gzip\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: chunked, identity\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: chunked, chunked\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: chunked,\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: , chunked\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: xchunked\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: chunked x\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: chunked;q=1\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: \"chunked\"\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: \u{80}chunked\r\n", "bad_transfer_encoding"),
        ("Transfer-Encoding: chunked\u{b}\r\n", "bad_field_value"),
        ("Transfer-Encoding: \u{b}chunked\r\n", "bad_field_value"),
        ("Transfer-Encoding\u{b}: chunked\r\n", "bad_field_name"),
        ("Transfer-Encoding:\r\n chunked\r\n", "folded_line"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "bad_transfer_encoding"),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "bad_transfer_encoding"
        ),
        ("Transfer-Encoding: gzip, chunked\r\n", "unsupported_transfer_coding"),
        (
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
            "unsupported_transfer_coding"
        ),
    ]

    /// Every sample as a whole request, with its kind.
    static var all: [(String, String)] {
        let fields = field + framing
        return line + target
            + host.map { ("GET / HTTP/1.1\r\n" + $0.0 + "\r\n", $0.1) }
            + fields.map { ("POST / HTTP/1.1\r\nHost: a\r\n" + $0.0 + "\r\n", $0.1) }
            + [
                (
                    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "transfer_encoding_in_http10"
                ),
                ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "duplicate_host"),
                ("GET / HTTP/1.0\r\nHost: a b\r\n\r\n", "bad_host"),
            ]
    }
}

/// Requests that are accepted, each the whole head.
enum GoodRequests {
    static let all = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "get / HTTP/1.1\r\nHost: a\r\n\r\n",
        "M-SEARCH /a//b/../c;d=e?f=%00&g HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET HTTPS://b:443/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://[::1]:80?q HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:a_b-c.d:65535\r\n\r\n",
        "GET / HTTP/1.1\r\nHOST:  [2001:db8::192.0.2.1]:  \t\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 007, 7\r\nContent-Length: 7\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tCHUNKED \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY: \u{80}\u{ff}\tz\r\nZ: a:b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-A,, x_b\r\nX_A: 1\r\nX-B: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\ncontent_length: 5\r\ntransfer_encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: b\r\nX_Forwarded_For: c\r\n"
            + "X-Forwarded-Host: d\r\nForwarded: for=e\r\nX-Real-IP: f\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n"
            + "TE: trailers\r\nUpgrade: websocket\r\nKeep-Alive: 5\r\nTrailer: x\r\n\r\n",
    ]
}

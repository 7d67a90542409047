/// The field names that mean something to Sluice; `other` is every name that does not.
package enum FieldName: UInt8, Sendable, CaseIterable {
    case other
    case authorization, cacheControl, connection, contentEncoding, contentLength, contentRange
    case contentType, cookie, date, expect, forwarded, host, keepAlive, maxForwards, proxyConnection
    case setCookie, te, trailer, transferEncoding, upgrade
    case xForwardedFor, xForwardedHost, xForwardedPort, xForwardedProto, xRealIP, xRequestID

    /// The name in lower case.
    package var text: String {
        switch self {
        case .other: ""
        case .authorization: "authorization"
        case .cacheControl: "cache-control"
        case .connection: "connection"
        case .contentEncoding: "content-encoding"
        case .contentLength: "content-length"
        case .contentRange: "content-range"
        case .contentType: "content-type"
        case .cookie: "cookie"
        case .date: "date"
        case .expect: "expect"
        case .forwarded: "forwarded"
        case .host: "host"
        case .keepAlive: "keep-alive"
        case .maxForwards: "max-forwards"
        case .proxyConnection: "proxy-connection"
        case .setCookie: "set-cookie"
        case .te: "te"
        case .trailer: "trailer"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        case .xForwardedFor: "x-forwarded-for"
        case .xForwardedHost: "x-forwarded-host"
        case .xForwardedPort: "x-forwarded-port"
        case .xForwardedProto: "x-forwarded-proto"
        case .xRealIP: "x-real-ip"
        case .xRequestID: "x-request-id"
        }
    }

    /// The only name that a name of this length with these letters can be; `fourthLast` tells
    /// apart those that begin alike. Letters are in lower case.
    @inline(__always)
    static func candidate(length: Int, first: UInt8, fourthLast: UInt8) -> FieldName {
        let isX = first == UInt8(ascii: "x")
        let isC = first == UInt8(ascii: "c")
        switch length {
        case 2: return .te
        case 4: return first == UInt8(ascii: "h") ? .host : .date
        case 6: return isC ? .cookie : .expect
        case 7: return first == UInt8(ascii: "t") ? .trailer : .upgrade
        case 9: return isX ? .xRealIP : .forwarded
        case 10 where isC: return .connection
        case 10: return first == UInt8(ascii: "k") ? .keepAlive : .setCookie
        case 12 where isX: return .xRequestID
        case 12: return isC ? .contentType : .maxForwards
        case 13 where !isC: return .authorization
        case 13: return fourthLast == UInt8(ascii: "t") ? .cacheControl : .contentRange
        case 14: return .contentLength
        case 15: return .xForwardedFor
        case 16 where !isX: return isC ? .contentEncoding : .proxyConnection
        case 16: return fourthLast == UInt8(ascii: "h") ? .xForwardedHost : .xForwardedPort
        case 17: return isX ? .xForwardedProto : .transferEncoding
        default: return .other
        }
    }
}

internal import AsyncHTTPClient
internal import Kernel
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
package import Settings

/// Asks an Admin API over HTTP, for one reading: files are read anew, no connection is left from
/// the one before, and no redirect is followed.
package struct AdminClient: AdminTransport {
    /// How long anything may take.
    package struct Times: Sendable {
        /// To connect, for one answer, and for a whole reading.
        package var connectSeconds = 5
        package var answerSeconds = 30
        package var readingSeconds = 120

        /// Such that the slowest of Kong's own lists fits in.
        package init() {}
    }

    /// A page of 1,000 certificates with their keys has about 10 MiB.
    private static let longestPage = 32 << 20
    private static let longestFile = 1 << 20

    /// Network unreachable, timed out, refused and host unreachable, as Linux numbers them.
    private static let noConnection: Set<Int32> = [101, 110, 111, 113]

    private let client: HTTPClient
    private let url: String
    private let token: String?
    private let times: Times

    private init(_ access: AdminAccessSettings, _ times: Times) throws(AdminFault) {
        url = access.url
        token = try access.tokenFile.map { path throws(AdminFault) in try Self.token(path) }
        self.times = times
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(
            connect: .seconds(Int64(times.connectSeconds)),
            read: .seconds(Int64(times.answerSeconds)))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        if let ca = access.ca { configuration.tlsConfiguration = try Self.tls(ca) }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Reads an Admin API: all of it, or only who answers.
    package static func read(
        _ access: AdminAccessSettings, isWhole: Bool, times: Times = Times()
    ) async -> Result<AdminLook, AdminFault> {
        let client: AdminClient
        do throws(AdminFault) {
            client = try AdminClient(access, times)
        } catch {
            return .failure(error)
        }
        let result = await client.look(isWhole: isWhole)
        try? await client.client.shutdown()
        return result
    }

    /// Whatever comes first: the end of the reading, or of its time.
    private func look(isWhole: Bool) async -> Result<AdminLook, AdminFault> {
        await withTaskGroup(of: Result<AdminLook, AdminFault>.self) { group in
            let seconds = times.readingSeconds
            group.addTask {
                let reader = AdminReader(self)
                do throws(AdminFault) {
                    return .success(
                        isWhole ? .whole(try await reader.read()) : .node(try await reader.node()))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(seconds))
                return .failure(.timeout(seconds: seconds))
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .failure(.timeout(seconds: seconds))
        }
    }

    /// `GET` of a path behind the settings' own.
    package func get(_ path: String) async throws(AdminFault) -> AdminAnswer {
        var request = HTTPClientRequest(url: url + path)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "sluice/\(Version.text)")
        if let token { request.headers.add(name: "Kong-Admin-Token", value: token) }
        do {
            let response = try await client.execute(
                request, timeout: .seconds(Int64(times.answerSeconds)))
            let body = try await response.body.collect(upTo: Self.longestPage)
            return AdminAnswer(
                status: Int(response.status.code), body: Array(body.readableBytesView),
                location: response.headers.first(name: "Location"))
        } catch {
            throw fault(error, path)
        }
    }

    private func fault(_ error: any Error, _ path: String) -> AdminFault {
        switch error {
        case is NIOTooManyBytesError:
            let list = path.prefix { $0 != "?" }
            return .tooMuch(path: String(list), "more than \(Self.longestPage >> 20) MiB in a page")
        case let error as HTTPClientError
        where [.deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout].contains(error):
            return .timeout(seconds: times.answerSeconds)
        case let error as HTTPClientError where error == .connectTimeout:
            return .connect("none within \(times.connectSeconds) s")
        case let error as HTTPClientError:
            return .broken(error.shortDescription)
        case let error as NIOConnectionError:
            return .connect(Self.reason(of: error))
        case let error as IOError where Self.noConnection.contains(error.errnoCode):
            return .connect("\(Errno(code: error.errnoCode))")
        case let error as IOError:
            return .broken("\(Errno(code: error.errnoCode))")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return .tls(Self.short(error))
        case is HTTPParserError:
            return .broken("no HTTP")
        default:
            return .broken(Self.short(error))
        }
    }

    /// What the last of the addresses said.
    private static func reason(of error: NIOConnectionError) -> String {
        guard let last = error.connectionErrors.last else {
            return "the name \(error.host) is not known"
        }
        if let error = last.error as? IOError { return "\(Errno(code: error.errnoCode))" }
        return short(last.error)
    }

    /// One line of a library's words.
    private static func short(_ error: any Error) -> String {
        let line = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
        return String(line.prefix(300))
    }

    private static func token(_ path: String) throws(AdminFault) -> String {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DurableFile.read(path, limit: longestFile)
        } catch {
            throw .token("\(path): \(error)")
        }
        let text = bytes.drop { isSpace($0) }.reversed().drop { isSpace($0) }.reversed()
        guard (1...4_096).contains(text.count), text.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw .token("\(path): is none; expected one word of visible ASCII")
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x9, 0xa, 0xd].contains(byte) }

    private static func tls(_ path: String) throws(AdminFault) -> TLSConfiguration {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DurableFile.read(path, limit: longestFile)
        } catch {
            throw .certificates("\(path): \(error)")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty
        else { throw .certificates("\(path): are none; expected PEM") }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(certificates)
        return configuration
    }
}

/// What a reading came to.
package enum AdminLook: Sendable, Equatable {
    case node(KongNode)
    case whole(AdminReading)

    /// Who answered.
    package var node: KongNode {
        switch self {
        case .node(let node): node
        case .whole(let reading): reading.node
        }
    }

    /// What there is, where it was asked for.
    package var reading: AdminReading? {
        guard case .whole(let reading) = self else { return nil }
        return reading
    }
}

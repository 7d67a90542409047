import Addressing
import Splitting
import Testing

@testable import Settings

/// The files of conf/ as they are shipped.
struct ShippedFilesTests {
    @Test func `the commented configuration is the 90 to 10 case`() throws {
        let path = repositoryPath("conf/sluice.yaml")
        let reading = try SettingsReader.read(path, environment: [:])
        let folder = repositoryPath("conf/")

        #expect(reading.warnings.isEmpty)
        #expect(reading.weights.errors.isEmpty)
        #expect(reading.snapshot.splits == [kong("90", "10")])
        let kong = reading.snapshot.splits[0]
        #expect(reading.weights.weights(of: kong) == kong.weights)
        #expect(reading.snapshot.weightsFile == folder + "weights.yaml")
        #expect(reading.snapshot.stateDirectory == folder + "../state")
        #expect(reading.snapshot.control == ControlSettings(socket: folder + "../sluice.sock"))
        #expect(reading.snapshot.shutdown == ShutdownTimes())
        #expect(reading.snapshot.listeners[0].timeouts == ListenerTimeouts())
        #expect(reading.snapshot.listeners[0].limits == ListenerLimits())
        for upstream in reading.snapshot.upstreams {
            #expect(upstream.timeouts == UpstreamTimeouts())
            #expect(upstream.limits == UpstreamLimits())
        }
    }

    @Test func `the commented configuration names every key that works`() throws {
        let bytes = try DiskFiles.read(repositoryPath("conf/sluice.yaml")).get()
        let text = String(decoding: bytes, as: UTF8.self)
        for key in keyTables.flatMap(\.table.known) {
            #expect(text.contains("\(key):"), "\(key)")
        }
    }

    @Test func `the minimal configuration has the presets`() throws {
        let path = repositoryPath("conf/minimal.yaml")
        let reading = try SettingsReader.read(path, environment: [:])

        #expect(reading.warnings.isEmpty)
        #expect(reading.weights == .settings)
        #expect(reading.snapshot == minimalSnapshot)
    }
}

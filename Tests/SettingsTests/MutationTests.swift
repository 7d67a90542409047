import Splitting
import Testing

@testable import Settings

/// Seeded damage to sound files: whatever comes out, the reader answers and does not crash.
struct MutationTests {
    private static let seed: UInt64 = 20_261_123

    private static let pieces: [[UInt8]] =
        [
            "&a ", "*a", "!", "|", ">", "\"", "'", "[", "]", "{", "}", ":", ": ", "- ", "? ", "#",
            " #",
            ",", "\n", "\r", "\t", "\u{0}", "\u{feff}", "\u{2028}", "---\n", "...\n", "%YAML 1.1\n",
            "${", "}", "$${", "${A:-b}", "0", "-1", "1e9", ".inf", "é", "😀", "<<: ", "x",
            "weights: ", "0s", "30s", "KiB", "16KiB", "%", "20%", "200-399", " == true", "kong",
            "limits: {head: 8KiB, uri: 4KiB}\n", "health: {kind: http, ", "stdout", "/",
        ].map { Array($0.utf8) } + [[0xff], [0xc3], [0xed, 0xa0, 0x80]]

    private func mutate(_ bytes: [UInt8], _ random: inout FastRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0...(random.next() % 4) {
            let place = Int(random.next() % UInt64(bytes.count + 1))
            let length = min(bytes.count - place, Int(random.next() % 8))
            switch random.next() % 4 {
            case 0: bytes.removeSubrange(place..<place + length)
            case 1: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
            case 2 where place < bytes.count: bytes[place] = UInt8(random.next() & 0xff)
            default:
                let piece = Self.pieces[Int(random.next() % UInt64(Self.pieces.count))]
                bytes.insert(contentsOf: piece, at: place)
            }
        }
        return bytes
    }

    @Test func `damaged settings are read without a crash`() throws {
        let golden = "Tests/SettingsTests/Golden/everything"
        let sound = try [
            ("conf/sluice.yaml", "conf/weights.yaml"), ("\(golden).yaml", "\(golden).weights"),
            ("conf/minimal.yaml", "conf/weights.yaml"),
        ].map { settings, weights in
            (
                settings: try DiskFiles.read(repositoryPath(settings)).get(),
                weights: try DiskFiles.read(repositoryPath(weights)).get()
            )
        }
        var random = FastRandom(seed: Self.seed)
        var accepted = 0
        for round in 0..<6_000 {
            let (settings, weights) = sound[min(round % 12, 2)]
            let bytes = mutate(settings, &random)
            let report = SettingsReader.check("sluice.yaml", environment: [:]) {
                .success($0 == "sluice.yaml" ? bytes : weights)
            }
            if report.errors.isEmpty { accepted += 1 }
            for error in report.errors where error.line < 1 || error.column < 1 {
                Issue.record("seed \(Self.seed), round \(round): \(error)")
            }
        }
        #expect(accepted > 0 && accepted < 6_000, "seed \(Self.seed)")
    }

    @Test func `a damaged weight file is refused or patched right`() throws {
        let sound = try DiskFiles.read(repositoryPath("conf/weights.yaml")).get()
        let texts = [
            sound, Array("kong: {x: 90, y: 10}".utf8),
            Array("\u{feff}kong:\r\n  'x': '90' # old\r\n  y: \"10\"\r\n".utf8),
        ]
        var random = FastRandom(seed: Self.seed)
        let change = ["kong": [weight("33.33"), weight("66.67")]]
        var patched = 0
        for round in 0..<14_000 {
            let bytes = mutate(texts[round % 3], &random)
            let parsed = WeightsText.parse(bytes, file: "w", splits: [kong("90", "10")])
            guard case .file(let document) = parsed else { continue }
            let new = try document.patched(change)
            #expect(new.weights == change, "seed \(Self.seed), round \(round)")
            #expect(try new.patched(document.weights).weights == document.weights)
            patched += 1
        }
        #expect(patched > 0, "seed \(Self.seed)")
    }

    @Test func `a damaged state is refused`() throws {
        let state = WeightsState(
            generation: 3,
            splits: [
                SplitWeights(
                    name: "kong", members: ["x", "y"], weights: [weight("1"), weight("2")],
                    generation: 3, source: .api, changedAtMilliseconds: 4, reason: "r",
                    followed: TextHash("t".utf8))
            ])
        let sound = Array(state.encoded().utf8)
        var random = FastRandom(seed: Self.seed)
        for round in 0..<5_000 {
            let bytes = mutate(sound, &random)
            let read = try? WeightsState(decoding: bytes)
            #expect(read == nil || bytes == sound, "seed \(Self.seed), round \(round)")
        }
    }
}

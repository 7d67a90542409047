internal import Kernel
package import Settings
internal import Splitting

/// Where set weights are kept: the weight file, patched in place, and `weights.state`.
///
/// Calls wait for the disk, one after the other. What is older than what is already there is
/// passed over, so their order does not matter.
package final class WeightStore: Sendable {
    /// Where to write; nil for what is not there.
    package struct Places: Sendable, Equatable {
        /// The weight file, and the state.
        package let weightsFile: String?
        package let stateFile: String?

        package init(weightsFile: String?, stateFile: String?) {
            self.weightsFile = weightsFile
            self.stateFile = stateFile
        }

        /// The places that a snapshot names.
        package init(_ snapshot: Snapshot) {
            weightsFile = snapshot.weightsFile
            stateFile = snapshot.stateDirectory.map { "\($0)/weights.state" }
        }
    }

    /// What a writing came to.
    package struct Receipt: Sendable, Equatable {
        /// What the weight file says now; nil when it was not looked at.
        package var text: WeightsText?
        /// Why the weight file could not be written; nil when it was, or when there is none.
        package var fileFault: String?
        /// Why the state could not be written; nil when it was, or when it has no place.
        package var stateFault: String?
        /// Whether the weights are on the disk, in the file or in the state.
        package var isDurable = false
        /// Whether an edit slipped in, which has been left in its place.
        package var hasOtherText = false
        /// The splits as they are kept, each with the text that it follows.
        package var kept: [SplitWeights] = []
    }

    private struct Contents {
        var places: Places
        var generation: UInt64 = 0
        var splits: [SplitWeights] = []
    }

    static let longestFile = 1 << 20

    private let contents: Lock<Contents>

    /// A store that has nothing yet.
    package init(_ places: Places) { contents = Lock(Contents(places: places)) }

    /// The state of an earlier run; nil when there is none. Bytes that are no state are an error.
    package static func loadState(_ places: Places) throws(StateError) -> WeightsState? {
        guard let path = places.stateFile,
            let bytes = try? DurableFile.read(path, limit: longestFile)
        else { return nil }
        return try WeightsState(decoding: bytes)
    }

    /// Whether there is any place to write to.
    var hasPlace: Bool {
        contents.withLock { $0.places.weightsFile != nil || $0.places.stateFile != nil }
    }

    /// Takes over a whole state, at start and when the configuration was read again.
    package func reset(
        _ state: WeightsState, text: WeightsText, places: Places
    ) -> Receipt {
        contents.withLock { contents in
            contents.places = places
            contents.generation = max(contents.generation, state.generation)
            let newer = contents.splits
            contents.splits = state.splits.map { split in
                newer.first { $0.name == split.name && $0.generation > split.generation } ?? split
            }
            var receipt = Receipt()
            if case .file(let document) = text {
                receipt.isDurable = contents.splits.allSatisfy {
                    document.weights[$0.name] == $0.weights
                }
            }
            Self.writeState(contents, &receipt)
            return receipt
        }
    }

    /// What the weight file says now.
    package func read(_ splits: [SplitSettings]) -> WeightsText {
        contents.withLock { contents in
            guard let path = contents.places.weightsFile else { return .settings }
            switch DiskFiles.read(path) {
            case .success(let bytes):
                return .parse(bytes, file: path, splits: splits)
            case .failure(let fault):
                // As at the start, so that the same fault is not told twice.
                let error = SettingsError(file: path, line: 1, column: 1, message: fault.message)
                return .faultyFile(SettingsErrors([error]), hash: nil)
            }
        }
    }

    /// Keeps changes whose text is already in the weight file.
    package func follow(
        _ changes: [SplitWeights], _ document: WeightsDocument
    ) -> Receipt {
        contents.withLock { contents in
            Self.merge(changes, into: &contents)
            for index in contents.splits.indices {
                let split = contents.splits[index]
                if document.weights[split.name] == split.weights {
                    contents.splits[index] = split.following(document.hash)
                }
            }
            var receipt = Receipt(text: .file(document), isDurable: true)
            Self.writeState(contents, &receipt)
            return receipt
        }
    }

    /// Keeps changes: writes them into the weight file, then into the state. `expected`: what the
    /// file must say for that, if what it says otherwise is newer than the changes.
    package func write(
        _ changes: [SplitWeights], splits: [SplitSettings], expecting expected: WeightsText? = nil
    ) -> Receipt {
        contents.withLock { contents in
            let fresh = Self.merge(changes, into: &contents)
            var receipt = Receipt()
            if let path = contents.places.weightsFile {
                Self.patch(path, fresh, splits, expected, &contents, &receipt)
            }
            Self.writeState(contents, &receipt)
            return receipt
        }
    }

    /// The names of the changes that are newer than what is kept.
    @discardableResult
    private static func merge(
        _ changes: [SplitWeights], into contents: inout Contents
    ) -> Set<String> {
        var fresh: Set<String> = []
        for change in changes {
            contents.generation = max(contents.generation, change.generation)
            let index = contents.splits.firstIndex { $0.name == change.name }
            guard let index else {
                contents.splits.append(change)
                fresh.insert(change.name)
                continue
            }
            guard contents.splits[index].generation <= change.generation else { continue }
            contents.splits[index] = change
            fresh.insert(change.name)
        }
        return fresh
    }

    private static func patch(
        _ path: String, _ fresh: Set<String>, _ splits: [SplitSettings],
        _ expected: WeightsText?, _ contents: inout Contents, _ receipt: inout Receipt
    ) {
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try DurableFile.read(path, limit: longestFile)
        } catch {
            receipt.fileFault = "\(error)"
            return
        }
        let base = TextHash(bytes)
        var now = base
        do {
            let text = WeightsText.parse(bytes, file: path, splits: splits)
            if let expected, text != expected {
                receipt.hasOtherText = true
                return
            }
            receipt.text = text
            guard case .file(let document) = text else {
                receipt.fileFault = "it has faults"
                return follow(now, from: base, fresh, &contents)
            }
            // Splits that drifted while the file could not be written are written now.
            let stale = contents.splits.filter { fresh.contains($0.name) || $0.followed == base }
            let patched = try document.patched(
                Dictionary(stale.map { ($0.name, $0.weights) }) { first, _ in first })
            now = patched.hash
            let replacement = try DurableFile.replace(
                path, expecting: bytes, with: Array(patched.text.utf8))
            if replacement == .done {
                receipt.text = .file(patched)
                receipt.isDurable = true
            } else {
                receipt.hasOtherText = true
            }
        } catch {
            now = base
            receipt.fileFault = "\(error)"
        }
        follow(now, from: base, fresh, &contents)
    }

    private static func follow(
        _ hash: TextHash, from base: TextHash, _ fresh: Set<String>, _ contents: inout Contents
    ) {
        contents.splits = contents.splits.map { split in
            fresh.contains(split.name) || split.followed == base ? split.following(hash) : split
        }
    }

    private static func writeState(_ contents: Contents, _ receipt: inout Receipt) {
        receipt.kept = contents.splits
        guard let path = contents.places.stateFile else { return }
        let state = WeightsState(generation: contents.generation, splits: contents.splits)
        do {
            try DurableFile.makeFolder(FilePath.folder(of: path))
            _ = try DurableFile.replace(path, with: Array(state.encoded().utf8), mode: 0o600)
            receipt.isDurable = true
        } catch {
            receipt.stateFault = "\(error)"
        }
    }
}

import Foundation
import Judging
import Testing

/// The worked example of docs/rollouts.md, in both languages, is what the judge does.
struct WorkedExampleTests {
    private static let documents = ["docs/rollouts.md", "docs/ja/rollouts.md"]

    private func text(_ document: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: document), encoding: .utf8)
    }

    /// The rows of the table: r, the divisor and the product.
    private func rows(_ document: String) throws -> [[Double]] {
        try text(document).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map {
                $0.trimmingCharacters(in: .whitespaces).replacing(",", with: "")
            }
            let numbers = cells.compactMap(Double.init)
            return cells.count == 3 && numbers.count == 3 ? numbers : nil
        }
    }

    @Test(arguments: documents)
    func `each line of the table is what one ratio comes to`(document: String) throws {
        let rows = try rows(document)
        #expect(rows.map { $0[0] } == Likelihood.worseRatios)
        for row in rows {
            var process = Likelihood(ratios: [row[0]])
            process.take(share: 0.1, candidate: 8, stable: 5)
            let value = exp(process.logValue)
            #expect(abs(row[1] - (0.9 + 0.1 * row[0])) < 1e-9)
            #expect(abs(row[2] - value) <= max(0.005, value * 0.000_5), "\(row[0]): \(value)")
        }
    }

    @Test(arguments: documents)
    func `the sums below it are the judge's`(document: String) throws {
        let text = try text(document)
        var judge = ErrorJudge()
        judge.take(Evidence(.errors, share: 0.1, candidate: 8, stable: 5))
        #expect(judge.breach?.kind == .errors)
        #expect(Int(exp(judge.breach?.logValue ?? 0)) == 4_463)
        let mean = exp(judge.process(.errors).leading.process.logValue)
        #expect(Int(mean.rounded()) == 8_926)
        #expect(Int(exp(judge.logEvidence)) == 2_232)
        #expect(abs(judge.logEvidence - 7.71) < 0.005 && abs(judge.logLimit - 6.91) < 0.005)
        var less = ErrorJudge()
        less.take(Evidence(.errors, share: 0.1, candidate: 7, stable: 6))
        #expect(less.breach == nil)
        #expect(Int(exp(less.logEvidence).rounded()) == 185)
        for words in ["8,926", "4,463", "2,232", "7.71", "6.91", "738", "185", "0.25 / 448"] {
            #expect(text.contains(words), "\(words)")
        }
    }

    /// How many errors it takes when all of them fall on the candidate.
    static let fewest = [(0.01, 3), (0.1, 5), (0.5, 14), (0.95, 179), (0.99, 910)]

    @Test(arguments: fewest)
    func `at a large share it takes many errors, as the document says`(
        share: Double, count: Int
    ) throws {
        var judge = ErrorJudge()
        judge.take(Evidence(.errors, share: share, candidate: count - 1, stable: 0))
        #expect(judge.breach == nil)
        judge.take(Evidence(.errors, share: share, candidate: 1, stable: 0))
        #expect(judge.breach != nil)
        for document in Self.documents {
            #expect(try text(document).contains("\(count)"))
        }
    }

    @Test func `errors a fifth more frequent never breach, however many there are`() {
        var judge = ErrorJudge()
        for _ in 0..<2_000 {
            // At 10 % a fifth more is 0.12 / 1.02 of all errors.
            judge.take(Evidence(.errors, share: 0.1, candidate: 12, stable: 90))
            #expect(judge.breach == nil)
        }
    }
}

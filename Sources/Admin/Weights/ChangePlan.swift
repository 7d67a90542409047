internal import Settings
internal import Splitting

/// What a request comes to, seen from what is set.
struct ChangePlan {
    let wanted: [String: [Weight]]
    let before: [String: [Weight]]
    let request: WeightRequest
    let names: [String]
    /// Splits that are left as they are, and why.
    var skipped: [String] = []

    var isChange: Bool { wanted != before }

    var changedNames: [String] { names.filter { wanted[$0] != before[$0] } }

    var document: WeightsDocument? {
        guard case .written(let document) = request.wish else { return nil }
        return document
    }
}

/// A change that overtook others.
struct Retreat {
    /// The highest ticket that it has overtaken.
    let ticket: Int
    let generation: UInt64
    /// What was set before it.
    let from: [Weight]
}

/// The steps of Kong's blue-green upgrade, in their order.
package enum UpgradeStep: String, Sendable, Equatable, CaseIterable {
    case freeze, backup, changes, migrations, versions, health, smoke, shift, metrics, empty
    case finish, remove, unfreeze, watch

    /// Those that come with the move of the weight, or after it.
    package static let sinceShift: [UpgradeStep] = [
        .shift, .metrics, .empty, .finish, .remove, .unfreeze, .watch,
    ]

    /// How it becomes known that a step is done.
    package enum Knowledge: String, Sendable, Equatable {
        /// Sluice sees it for itself.
        case seen
        /// Only a person can say so.
        case person
        /// Sluice sees it, and where it cannot, or sees the contrary, a person may say so.
        case either
        /// By the command of its name.
        case command
    }

    /// What is to be done; `x` is the old side and `y` the new one.
    package func title(x: String, y: String) -> String {
        switch self {
        case .backup: "the database is backed up"
        case .changes: "the breaking changes of the new version were read"
        case .freeze: "writes to both Admin APIs are frozen"
        case .migrations: "`kong migrations up` has run and \(y) runs on the same database"
        case .versions: "\(x) and \(y) are a pair that Kong supports"
        case .health: "\(y) is healthy and has as many targets as \(x)"
        case .smoke: "\(y) was tested before users see it"
        case .shift: "the weight moves to \(y) step by step"
        case .metrics: "the metrics of both sides were looked at"
        case .empty: "\(x) is at weight 0"
        case .finish: "`kong migrations finish` has run"
        case .remove: "\(x) is removed"
        case .unfreeze: "the freeze is lifted"
        case .watch: "\(y) was watched for a while"
        }
    }

    /// How it becomes known that it is done.
    package var knowledge: Knowledge {
        switch self {
        case .backup, .changes, .migrations, .metrics, .remove: .person
        case .freeze, .health, .shift, .empty, .unfreeze, .watch: .seen
        case .versions, .smoke: .either
        case .finish: .command
        }
    }
}

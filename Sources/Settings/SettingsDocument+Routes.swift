import Yams

extension SettingsDocument {
    /// The routes of a listener, and the split of what they leave: that of the listener or of a
    /// last route without `when`.
    mutating func readRouting(
        _ fields: [String: Field], owner: String, at place: Node
    ) -> (split: String?, routes: [RouteSettings]) {
        guard let field = fields["routes"] else {
            return (splitName(required("split", of: fields, owner: owner, at: place)), [])
        }
        var routes: [RouteSettings] = []
        var rest = fields["split"].flatMap { splitName($0) }
        var hasRest = fields["split"] != nil
        let nodes = entries(of: field, called: "routes", most: Limits.routesOfListener)
        for (index, node) in nodes.enumerated() {
            guard let route = self.fields(of: node, keys: .route) else { continue }
            let split = splitName(required("split", of: route, owner: "a route", at: node))
            if let when = route["when"] {
                guard let read = readWhen(when), let split else { continue }
                routes.append(RouteSettings(when: read, split: split))
            } else if index < nodes.count - 1 {
                faults.add(
                    "a route without `when` takes every request; expected it last", at: node)
            } else if hasRest {
                faults.add(
                    "a route without `when` leaves nothing for `split`; expected one of the two",
                    at: node)
            } else {
                rest = split
                hasRest = true
            }
        }
        if !hasRest {
            faults.add(
                "no route takes what is left; expected `split`, or a last route without `when`",
                at: field.key)
        }
        return (rest, routes)
    }
}

extension Exposition {
    func writeTripwire(to writer: inout MetricWriter) {
        let tripwire = gauges.tripwire
        guard !tripwire.admins.isEmpty else { return }
        writer.family(
            "sluice_tripwire_alarm", .gauge,
            "1 if entities of the kind changed behind the guard, or if two sides disagree.")
        for alarm in tripwire.alarms {
            writer.sample(Labels(["split": alarm.split, "kind": alarm.kind]), alarm.isUp)
        }
        writer.family(
            "sluice_tripwire_verdict", .gauge,
            "1 at how the tripwire stands; blind: not every side could be looked at.")
        for verdict in tripwire.verdicts {
            let labels = Labels(["split": verdict.split])
            for word in tripwire.words {
                writer.sample(labels.adding("verdict", word), verdict.verdict == word)
            }
        }
        writer.family(
            "sluice_tripwire_last_success_timestamp_seconds", .gauge,
            "When the Admin API was read without a fault, in seconds since 1970; 0: never.")
        for admin in tripwire.admins {
            writer.sample(Labels(["upstream": admin.upstream]), admin.lastSuccessSeconds)
        }
        writer.family(
            "sluice_tripwire_readings_total", .counter, "Attempts to read the Admin API.")
        for admin in tripwire.admins {
            let labels = Labels(["upstream": admin.upstream])
            writer.sample(labels.adding("result", "ok"), admin.successCount)
            writer.sample(labels.adding("result", "failed"), admin.faultCount)
        }
    }
}

internal import Kernel
internal import Proxy
internal import Settings
internal import Splitting
internal import Telemetry

extension Operation {
    /// The metrics page.
    package func metricsPage() async -> [UInt8] { await exposition().text() }

    /// The counters and gauges of this moment, for the page and for whoever pushes them.
    func exposition() async -> Exposition {
        let counters = await plane.counters()
        var gauges = await gauges()
        gauges.droppedLogLines = counters.droppedLogLines
        return Exposition(
            counters: counters, registry: plane.registry, window: window, gauges: gauges)
    }

    private func gauges() async -> ControlGauges {
        let weights = await keeper.report()
        let usable = plane.usableUpstreams
        var gauges = ControlGauges()
        for split in weights.splits {
            let effective = WeightReport.shares(of: split.effectiveWeights(usable))
            for (index, member) in split.settings.members.enumerated() {
                gauges.shares.append(
                    ControlGauges.Share(
                        split: split.settings.name, upstream: member,
                        setRatio: split.shares[index], effectiveRatio: effective[index]))
            }
        }
        gauges.health = await health().gauges
        await addDrains(to: &gauges)
        gauges.kongs = kongStandings
        await addGuards(to: &gauges, weights)
        await addTripwire(to: &gauges)
        addCertificates(to: &gauges)
        await addUpgrades(to: &gauges)
        gauges.rollout = await rollouts?.gauges()
        gauges.weightChanges = weights.changes
        gauges.generation = weights.generation
        if snapshot.weightsFile != nil {
            gauges.isWeightsFileValid = weights.fileFaults.isEmpty
            gauges.isWeightsFileDrifted = !weights.driftedSplits.isEmpty
        }
        gauges.wasLastReloadSuccessful = wasLastReloadSuccessful
        let log = plane.accessLog
        gauges.accessLogLines = log.writtenLines
        gauges.accessLogErrors = log.errorCount
        gauges.statsD = snapshot.statsD == nil ? nil : statsD.counts
        gauges.traces = snapshot.traces == nil ? nil : traces.counts
        gauges.version = Version.text
        let memory = ProcessFacts.memoryBytes
        gauges.process.openFDs = ProcessFacts.openFDs
        gauges.process.maximumFDs = ProcessFacts.maximumFDs
        gauges.process.residentBytes = memory.resident
        gauges.process.virtualBytes = memory.virtual
        gauges.process.cpuSeconds = ProcessFacts.cpuSeconds
        gauges.process.startedAtSeconds = Double(startedAtMilliseconds) / 1e3
        return gauges
    }
}

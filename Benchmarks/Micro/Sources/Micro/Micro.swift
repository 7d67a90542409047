/// Times the pure parts of the data path, one call after the other on one thread.
///
/// These figures find a change for the worse early; what counts is CPU time per request.
@main
struct Micro {
    static func main() {
        print("nanoseconds per call: median and lowest of \(Sampler.samples) samples")
        for sample in HeadSamples.all + SplitSamples.all {
            let times = Sampler.time(sample)
            print(Sampler.line(name: sample.name, median: times.median, lowest: times.lowest))
        }
    }
}

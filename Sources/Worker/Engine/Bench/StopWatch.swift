import FarmModel
import Foundation
import Processes

/// How long something took, and how much of all processors this process used meanwhile.
struct StopWatch {
    private let begun = Clock.seconds
    private let used = Self.cpuSeconds

    func result(frames: Int, stages: StageTimes = StageTimes()) -> BenchResult {
        BenchResult(
            frames: frames, seconds: Clock.seconds - begun, cpuSeconds: Self.cpuSeconds - used, stages: stages)
    }

    private static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}

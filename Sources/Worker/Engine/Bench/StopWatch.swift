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
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}

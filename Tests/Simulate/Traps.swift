import Foundation
import Simulation

/// Names the seeds that were being run, and ends the process. A signal handler: it only formats numbers and writes.
func tellSeeds(after signal: Int32) {
    say("the process trapped while it ran these seeds (`--seeds N` replays one):")
    for place in 0..<RunningSeeds.capacity {
        guard var rest = RunningSeeds.seed(at: place) else { continue }
        var digits: (UInt64, Int) = (0, 0)  // decimal digits, four bits each, the last first
        repeat {
            digits = (digits.0 << 4 | rest % 10, digits.1 + 1)
            rest /= 10
        } while rest > 0 && digits.1 < 16
        say(" ")
        for _ in 0..<digits.1 {
            var character = UInt8(ascii: "0") + UInt8(digits.0 & 15)
            write(2, &character, 1)
            digits.0 >>= 4
        }
    }
    say("\n")
    _exit(128 + signal)
}

private func say(_ text: StaticString) { _ = write(2, text.utf8Start, text.utf8CodeUnitCount) }

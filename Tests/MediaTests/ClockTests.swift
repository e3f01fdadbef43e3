import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// Files whose clock starts anew in the middle.
@Suite struct ClockTests {
    typealias Clock = SteadyClock<Int>

    /// One packet of pictures and one of sound every 40 ms, in ticks of 90 kHz, as many as `count`, that begin at `start`.
    private static func part(_ start: Int64, _ count: Int, sound: Int64 = 0) -> [Clock.Times] {
        (0..<Int64(count)).flatMap { number in
            [0, 1].map { stream in
                let time = start + number * 3600 + (stream == 1 ? sound : 0)
                // Pictures are shown two later than they are decoded.
                return Clock.Times(
                    stream: stream, leads: true, pts: time + (stream == 0 ? 7200 : 0), dts: time, duration: 3600,
                    size: 100)
            }
        }
    }

    /// Decoding times of the two streams by the one clock.
    private static func run(_ times: [Clock.Times]) -> (pictures: [Int64], sound: [Int64], jumps: Int) {
        var clock = Clock()
        let moved = times.indices.flatMap { clock.take($0, times[$0]) } + clock.finish()
        #expect(moved.map(\.packet) == Array(times.indices), "every packet once, in order")
        let all = moved.map { (times[$0.packet].stream, (times[$0.packet].dts ?? 0) + $0.shift) }
        return (all.filter { $0.0 == 0 }.map(\.1), all.filter { $0.0 == 1 }.map(\.1), clock.jumps.count)
    }

    @Test(arguments: [90_000_000, -90_000_000, 0, 99 * 3600 - 9001, 8_000_000_000] as [Int64])
    func whatFollowsGoesOnWithoutAGap(start: Int64) {
        // Sound is 100 ms late in the first part, and 50 ms in the second.
        let result = Self.run(Self.part(0, 100, sound: 9000) + Self.part(start, 100, sound: 4500))
        #expect(result.jumps == 1)
        for stream in [result.pictures, result.sound] {
            #expect(zip(stream, stream.dropFirst()).allSatisfy { $1 - $0 >= 3600 && $1 - $0 <= 3600 + 4500 })
        }
        #expect(result.sound[0] - result.pictures[0] == 9000)
        #expect(result.sound[199] - result.pictures[199] == 4500)
    }

    @Test func whatIsNoJumpStaysAsItIs() {
        let late = Self.part(0, 50).filter { $0.stream == 0 } + Self.part(180_000, 400)
        // Sound that pauses for half a minute, a gap of nine seconds in all, and jitter.
        let silent = Self.part(0, 50) + Self.part(180_000, 750).filter { $0.stream == 0 } + Self.part(2_880_000, 50)
        let gap = Self.part(0, 50) + Self.part(180_000 + 9 * 90_000, 50)
        let jitter = Self.part(0, 50) + Self.part(180_000 - 8000, 50)
        for times in [late, silent, gap, jitter] {
            let result = Self.run(times)
            #expect(result.jumps == 0)
            #expect(result.pictures == times.filter { $0.stream == 0 }.map { $0.dts })
            #expect(result.sound == times.filter { $0.stream == 1 }.map { $0.dts })
        }
    }

    @Test(arguments: [0, 1]) func aLonePacketOfAnotherTimeIsDamage(stream: Int) throws {
        var times = Self.part(0, 100)
        let place = try #require(times.indices.first { $0 >= 80 && times[$0].stream == stream })
        times[place].dts = 77_000_000_000
        times[place].pts = 77_000_000_000
        let result = Self.run(times)
        let right = (0..<100).map { Int64($0) * 3600 }
        for found in [result.pictures, result.sound] {
            #expect(zip(found, right).count { $0 == $1 } >= 99)
            #expect(zip(found, right).allSatisfy { abs($0 - $1) <= 7200 })
        }
    }

    /// Sound that is sent twice, or whose clock alone steps back, moves nothing else.
    @Test(arguments: [81_000, 450_000, 4_000_000] as [Int64]) func oneStreamThatStepsBackIsNoNewClock(by step: Int64) {
        let times = Self.part(5_000_000, 200).filter { $0.stream == 0 }
        let sound = Self.part(5_000_000, 200).filter { $0.stream == 1 }.enumerated().map { number, times in
            var times = times
            if number >= 100 { (times.pts, times.dts) = (times.pts.map { $0 - step }, times.dts.map { $0 - step }) }
            return times
        }
        let result = Self.run(zip(times, sound).flatMap { [$0, $1] })
        #expect(result.jumps == 0)
        #expect(result.pictures == times.compactMap(\.dts))
        #expect(result.sound == sound.compactMap(\.dts))
    }

    @Test func severalJumpsInARow() {
        let result = Self.run([0, 900_000_000, 0, 5_000_000, 9_000].flatMap { Self.part($0, 30) })
        #expect(result.jumps == 4)
        #expect(result.pictures == (0..<150).map { Int64($0) * 3600 })
        #expect(result.sound == result.pictures)
    }
}

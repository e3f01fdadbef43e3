import FarmModel
import Foundation
import Hashing
import TestSupport
import Testing

@testable import Media

@Suite struct FrameTableTests {
    /// A film of `count` frames at 10 ticks each, a thousand ticks a second, keyframes at the frames given, without reordering.
    private func table(_ count: Int, keyframes: [Int]) throws -> FrameTable {
        try FrameTable(
            timeBase: Rational(1, 1000), headerSize: 100,
            packets: (0..<count).map { index in
                FrameTable.Packet(
                    pts: Int64(index * 10), dts: Int64(index * 10), offset: Int64(100 + index * 50), size: 50,
                    flags: keyframes.contains(index) ? [.entry, .frame] : .frame)
            })
    }

    @Test func spanInClosedGOPs() throws {
        let table = try table(30, keyframes: [0, 10, 20])
        #expect(table.span(for: FrameRange(12, 15)).packets == 10..<15)
        #expect(table.span(for: FrameRange(12, 15)).bytes == 600..<850)
        #expect(table.span(for: FrameRange(12, 15), extraRunUp: 1).packets == 0..<15)
        #expect(table.span(for: FrameRange(25, 30), extraRunUp: 1).packets == 10..<30)
        #expect(table.span(for: FrameRange(25, 30), extraRunUp: 9).packets == 0..<30)
        #expect(table.span(for: FrameRange(0, 1)).packets == 0..<1)
        #expect(table.span(for: FrameRange(10, 20)).packets == 10..<20)
    }

    /// Decode order I0 P3 B1 B2 | I6 B4 B5 P9 B7 B8: an open GOP's leading pictures B4 and B5 need I6, which comes before.
    @Test func spanInOpenGOPs() throws {
        let shown = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8]
        let table = try FrameTable(
            timeBase: Rational(1, 10), headerSize: 0,
            packets: shown.enumerated().map { index, pts in
                FrameTable.Packet(
                    pts: Int64(pts), dts: Int64(index - 1), offset: Int64(index), size: 1,
                    flags: pts == 0 || pts == 6 ? [.entry, .frame] : .frame)
            })
        #expect(table.keyframes == [0, 6])
        #expect(table.span(for: FrameRange(4, 6)).packets == 0..<7)
        #expect(table.span(for: FrameRange(4, 5)).packets == 0..<6)
        #expect(table.span(for: FrameRange(6, 7)).packets == 4..<7)
        #expect(table.span(for: FrameRange(7, 8)).packets == 4..<9)
    }

    /// As a clock of 90,000 ticks has them, and one of a thousand.
    @Test(arguments: [(24, 1), (24000, 1001), (25, 1), (30000, 1001), (50, 1)])
    func theRateIsSeenInTheTimes(numerator: Int32, denominator: Int32) throws {
        let rate = Rational(numerator, denominator).value
        for clock in [1000.0, 90_000] {
            let packets = (0..<500).map {
                FrameTable.Packet(
                    pts: Int64((Double($0) / rate * clock).rounded()), dts: .min, offset: 0, size: 1, flags: .frame)
            }
            func table(_ packets: [FrameTable.Packet]) throws -> FrameTable {
                try FrameTable(timeBase: Rational(1, Int32(clock)), headerSize: 0, packets: packets)
            }
            #expect(try table(packets).evenRate == Rational(numerator, denominator))
            #expect(try table(packets.enumerated().filter { $0.offset != 100 }.map(\.element)).evenRate == nil)
            #expect(try table(Array(packets.prefix(5))).evenRate == nil)
        }
    }

    @Test func exactSegments() throws {
        let table = try table(20, keyframes: [0])
        #expect(table.segments(length: .frames(7)) == [FrameRange(0, 7), FrameRange(7, 14), FrameRange(14, 20)])
        #expect(table.segments(length: .frames(100)) == [FrameRange(0, 20)])
    }

    @Test func segmentsEndAtKeyframes() throws {
        let table = try table(100, keyframes: [0, 8, 16, 24, 33, 45, 53, 60, 78, 99])
        #expect(
            table.segments(length: .seconds(0.2)) == [
                FrameRange(0, 24), FrameRange(24, 45), FrameRange(45, 78), FrameRange(78, 100),
            ])
    }

    /// One keyframe, and still many segments; but no more than keep run-up below a quarter of the work.
    @Test func longGOPsAreSplitInside() throws {
        let short = try table(100, keyframes: [0]).segments(length: .seconds(0.2))
        #expect(short.map(\.count) == [20, 20, 20, 20, 20])
        let long = try table(10_000, keyframes: [0]).segments(length: .seconds(0.2))
        #expect(long.count == 23)
        let runUp = long.reduce(0) { $0 + $1.first }
        #expect(Double(runUp) <= 0.25 * Double(10_000 * 32 + 10_000 + runUp))
        let mixed = try table(200, keyframes: [0, 15, 100, 130]).segments(length: .seconds(0.2))
        #expect(mixed.first == FrameRange(0, 15))
        #expect(mixed.map(\.first).contains(100) && mixed.map(\.first).contains(130))
        #expect(mixed.allSatisfy { $0.count <= 30 })
    }

    @Test(arguments: [SegmentLength.frames(1), .frames(13), .seconds(0), .seconds(0.01), .seconds(0.5), .seconds(1e9)])
    func segmentsAreTheWholeFilm(length: SegmentLength) throws {
        for keyframes in [[0], [0, 1, 2, 3], Array(0..<97), [5, 50]] {
            let segments = try table(97, keyframes: keyframes).segments(length: length)
            #expect(segments.flatMap { Array($0.first..<$0.end) } == Array(0..<97))
            #expect(segments.allSatisfy { !$0.isEmpty })
        }
    }

    /// Segments are whole GOPs: however long they are, encoders begin anew at the same frames.
    @Test func segmentsHoldWholeGOPs() throws {
        let table = try table(300, keyframes: [0, 8, 16, 24, 33, 45, 53, 60, 78, 99, 240, 247])
        func segments(_ length: SegmentLength, _ gops: SegmentLength, _ range: FrameRange = FrameRange(0, 300))
            -> [FrameRange]
        { table.segments(length: length, gops: gops, within: range) }
        for gops in [SegmentLength.seconds(0.2), .seconds(0.3), .frames(7), .frames(48)] {
            let borders = Set(segments(.frames(1), gops).map(\.first))
            for length in [SegmentLength.seconds(0.01), .seconds(0.35), .seconds(1), .frames(48), .frames(50_000)] {
                let made = segments(length, gops)
                #expect(borders.isSuperset(of: made.map(\.first)), "\(length) of \(gops)")
                #expect(made.flatMap { Array($0.first..<$0.end) } == Array(0..<300))
            }
            // A part of the film begins a GOP; where the film's keyframes decide, the others are those of the whole.
            let part = segments(.frames(1), gops, FrameRange(50, 200)).map(\.first)
            #expect(part.first == 50)
            if case .seconds = gops { #expect(borders.isSuperset(of: part.dropFirst())) }
        }
        #expect(segments(.frames(48), .frames(24)).map(\.count) == [48, 48, 48, 48, 48, 48, 12])
        #expect(segments(.frames(24), .frames(24)) == table.segments(length: .frames(24)))
        #expect(segments(.seconds(0.2), .seconds(0.2)) == table.segments(length: .seconds(0.2)))
        #expect(table.segments(length: .frames(24), gops: nil, within: FrameRange(5, 40)).map(\.count) == [24, 11])
        // The nearest border, and no rest of less than a quarter.
        #expect(segments(.seconds(1), .frames(60)).map(\.count) == [120, 120, 60])
        #expect(segments(.seconds(1), .frames(47)).map(\.count) == [94, 94, 112])
    }

    @Test func timestampsThatCannotBeReliedOn() throws {
        func table(_ times: [Int64]) throws -> FrameTable {
            let packets = times.map { FrameTable.Packet(pts: $0, dts: $0, offset: 0, size: 1, flags: .frame) }
            return try FrameTable(timeBase: Rational(1, 10), headerSize: 0, packets: packets)
        }
        #expect(try table([3, 1, 2]).timestamps == [1, 2, 3])
        #expect { try table([1, 2, 2]) } throws: { "\($0)".contains("1 of 3 frames have the same timestamp") }
        #expect { try table([1, .min, .min]) } throws: { "\($0)".contains("2 of 3 frames have no timestamp") }
    }

    @Test func savedAndLoaded() throws {
        let folder = try TemporaryFolder()
        let table = try table(50, keyframes: [0, 20])
        let path = folder.path("table")
        try table.save(to: path)
        #expect(try FrameTable(contentsOf: path) == table)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["table"])

        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // As a job from before an upgrade has it: without the film's end.
        var old = bytes.dropLast(32)
        old.removeSubrange(32..<40)
        old[4] = 1
        try (old + SHA256.hash(old)).write(to: URL(fileURLWithPath: path))
        #expect(try FrameTable(contentsOf: path).packets == table.packets)
        #expect(try FrameTable(contentsOf: path).end == nil)
        bytes[500] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect { try FrameTable(contentsOf: path) } throws: { "\($0)".contains("damaged") }
        try bytes.prefix(20).write(to: URL(fileURLWithPath: path))
        #expect { try FrameTable(contentsOf: path) } throws: { "\($0)".contains("damaged") }
        #expect { try FrameTable(contentsOf: folder.path("none")) } throws: { "\($0)".contains("cannot read") }
    }
}

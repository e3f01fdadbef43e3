internal import FarmModel
internal import Foundation
internal import Hashing

/// On disk (little-endian): "UFFT" version:u32 timeBase:i32,i32 headerSize:u64 packets:u64 end:i64 (the least where unknown; not in
/// version 1, which jobs from before an upgrade have), then pts:i64 dts:i64 offset:i64 size:u32 flags:u32 a packet, then the SHA-256 of all before it.
extension FrameTable {
    private static let magic = Data("UFFT".utf8)
    private static let version: UInt32 = 2
    private static let head = 40
    private static let recordSize = 32

    /// Writes the table durably, replacing what is at `path`.
    public func save(to path: String) throws {
        var data = Data(capacity: Self.head + packets.count * Self.recordSize + 32)
        data.append(Self.magic)
        data.append(little: Self.version)
        data.append(little: timeBase.numerator)
        data.append(little: timeBase.denominator)
        data.append(little: UInt64(headerSize))
        data.append(little: UInt64(packets.count))
        data.append(little: end ?? .min)
        for packet in packets {
            data.append(little: packet.pts)
            data.append(little: packet.dts)
            data.append(little: packet.offset)
            data.append(little: packet.size)
            data.append(little: packet.flags.rawValue)
        }
        data.append(contentsOf: SHA256.hash(data))
        try DurableFile.write(data, to: path)
    }

    /// - Throws: `MediaError` of kind `source` where the file is missing, damaged, or of another version.
    public init(contentsOf path: String) throws {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw MediaError(.source, "cannot read the frame table \(path): \(error.localizedDescription)")
        }
        guard data.count >= Self.head - 8 + 32, data.prefix(4) == Self.magic,
            SHA256.hash(data.dropLast(32)).elementsEqual(data.suffix(32))
        else { throw MediaError(.source, "the frame table \(path) is damaged; start over with --restart") }
        let version = data.little(at: 4, UInt32.self)
        let head = version == 1 ? Self.head - 8 : Self.head
        guard (1...Self.version).contains(version),
            data.little(at: 24, UInt64.self) == UInt64((data.count - head - 32) / Self.recordSize)
        else { throw MediaError(.source, "the frame table \(path) is of another version; start over with --restart") }
        try self.init(
            timeBase: Rational(data.little(at: 8, Int32.self), data.little(at: 12, Int32.self)),
            headerSize: Int(data.little(at: 16, UInt64.self)), packets: Self.packets(in: data, from: head),
            end: version == 1 ? .min : data.little(at: 32, Int64.self))
    }

    private static func packets(in data: Data, from head: Int) -> [Packet] {
        Swift.stride(from: head, to: data.count - 32, by: recordSize).map { at in
            Packet(
                pts: data.little(at: at, Int64.self), dts: data.little(at: at + 8, Int64.self),
                offset: data.little(at: at + 16, Int64.self), size: data.little(at: at + 24, UInt32.self),
                flags: Flags(rawValue: data.little(at: at + 28, UInt32.self)))
        }
    }
}

public import FarmModel
public import Foundation

/// A file of video packets: what a segment's source packets and its encoded packets travel in.
///
/// No standard container fits: Matroska rounds timestamps to a millisecond, NUT refuses negative ones, and none keeps
/// libav's packet flags and side data. The layout (little-endian) is
///
///     "UFPK" version:u32 headerLength:u32 header:JSON of VideoStream
///     then a record a packet: bodyLength:u32 flags:u32 pts:i64 dts:i64 duration:i64 sideDataCount:u32
///                             { type:u32 length:u32 bytes }*  payload
///
/// `bodyLength` counts what follows it. Records stand alone, so a header and any run of records is again a packet file.
public enum PacketFile {
    static let magic = Data("UFPK".utf8)
    static let version: UInt32 = 1
    /// Bytes of a record before side data and payload.
    static let recordHead = 4 + 4 + 8 + 8 + 8 + 4
    /// A record or header longer than this is damage.
    static let limit = 1 << 30
    /// Stands for an unknown timestamp; libav's AV_NOPTS_VALUE.
    static let noTimestamp = Int64.min

    public static func header(for stream: VideoStream) throws -> Data {
        let json = try JSONEncoder().encode(stream)
        var data = magic
        data.append(little: version)
        data.append(little: UInt32(json.count))
        data.append(json)
        return data
    }

    public static func record(for packet: VideoPacket) -> Data {
        let side = packet.sideData.reduce(0) { $0 + 8 + $1.bytes.count }
        var data = Data(capacity: recordHead + side + packet.payload.count)
        data.append(little: UInt32(recordHead - 4 + side + packet.payload.count))
        data.append(little: packet.flags.rawValue)
        data.append(little: packet.pts ?? noTimestamp)
        data.append(little: packet.dts ?? noTimestamp)
        data.append(little: packet.duration)
        data.append(little: UInt32(packet.sideData.count))
        for item in packet.sideData {
            data.append(little: item.type)
            data.append(little: UInt32(item.bytes.count))
            data.append(item.bytes)
        }
        data.append(packet.payload)
        return data
    }
}

/// Writes a packet file from start to end.
public struct PacketFileWriter: ~Copyable {
    private let handle: FileHandle
    private let path: String
    /// Bytes written so far: where the next record will stand.
    public private(set) var offset: Int64

    /// Creates or empties the file at `path`.
    public init(path: String, stream: VideoStream) throws {
        let header = try PacketFile.header(for: stream)
        self.handle = try Self.create(path, containing: header)
        self.path = path
        self.offset = Int64(header.count)
    }

    private static func create(_ path: String, containing header: Data) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw MediaError(.output, "cannot create \(path): \(String(cString: strerror(errno)))") }
        do { try handle.write(contentsOf: header) } catch {
            throw MediaError(.output, "cannot write \(path): \(error.reason)")
        }
        return handle
    }

    public mutating func append(_ packet: VideoPacket) throws {
        let record = PacketFile.record(for: packet)
        do { try handle.write(contentsOf: record) } catch {
            throw MediaError(.output, "cannot write \(path): \(error.reason)")
        }
        offset += Int64(record.count)
    }

    /// Makes what was written durable and closes the file.
    public consuming func finish() throws {
        do {
            try handle.synchronize()
            try handle.close()
        } catch { throw MediaError(.output, "cannot finish \(path): \(error.reason)") }
    }
}

/// Reads a packet file from start to end.
public final class PacketFileReader {
    public let stream: VideoStream
    private let handle: FileHandle
    private let path: String

    public init(path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw MediaError(.source, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        self.handle = handle
        self.path = path
        let head = try Self.exactly(12, from: handle, path)
        guard head.prefix(4) == PacketFile.magic, head.little(at: 4, UInt32.self) == PacketFile.version else {
            throw MediaError(.source, "\(path) is not a packet file of version \(PacketFile.version)")
        }
        let length = Int(head.little(at: 8, UInt32.self))
        guard length <= PacketFile.limit else { throw MediaError(.source, "\(path): damaged header") }
        do {
            stream = try JSONDecoder().decode(VideoStream.self, from: try Self.exactly(length, from: handle, path))
        } catch let error as DecodingError { throw MediaError(.source, "\(path): damaged header: \(error)") }
    }

    /// The next packet, or nil at the end.
    public func next() throws -> VideoPacket? {
        guard let prefix = try handle.read(upToCount: 4), !prefix.isEmpty else { return nil }
        guard prefix.count == 4 else { throw truncated }
        let length = Int(prefix.little(at: 0, UInt32.self))
        guard length >= PacketFile.recordHead - 4, length <= PacketFile.limit else {
            throw MediaError(.source, "\(path): damaged record of \(length) bytes")
        }
        return try parse(try Self.exactly(length, from: handle, path))
    }

    private func parse(_ body: Data) throws -> VideoPacket {
        var sideData: [VideoPacket.SideData] = []
        var at = PacketFile.recordHead - 4
        for _ in 0..<body.little(at: 28, UInt32.self) {
            guard at + 8 <= body.count else { throw truncated }
            let length = Int(body.little(at: at + 4, UInt32.self))
            guard at + 8 + length <= body.count else { throw truncated }
            let start = body.startIndex + at + 8
            sideData.append(.init(type: body.little(at: at, UInt32.self), bytes: Data(body[start..<start + length])))
            at += 8 + length
        }
        let pts = body.little(at: 4, Int64.self)
        let dts = body.little(at: 12, Int64.self)
        return VideoPacket(
            pts: pts == PacketFile.noTimestamp ? nil : pts, dts: dts == PacketFile.noTimestamp ? nil : dts,
            duration: body.little(at: 20, Int64.self), flags: .init(rawValue: body.little(at: 0, UInt32.self)),
            payload: Data(body[(body.startIndex + at)...]), sideData: sideData)
    }

    private var truncated: MediaError { MediaError(.source, "\(path) ends inside a packet") }

    private static func exactly(_ count: Int, from handle: FileHandle, _ path: String) throws -> Data {
        let data = try handle.read(upToCount: count) ?? Data()
        guard data.count == count else { throw MediaError(.source, "\(path) ends inside a packet") }
        return data
    }

    deinit { try? handle.close() }
}

extension Data {
    mutating func append(little value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// The integer at `offset` bytes from the start; the caller has checked the length.
    func little<T: FixedWidthInteger>(at offset: Int, _: T.Type) -> T {
        withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }
}

import FarmModel
internal import Foundation
internal import Hashing

/// A blob that is to be served, as the slices it is made of. Files are opened when they are read.
struct SlicedBlob {
    let id: String
    let size: Int64
    private let slices: [BlobSlice]
    /// Where each slice starts in the blob.
    private let starts: [Int64]

    /// - Throws: `MessagingError.blob` where a slice lies before its file's start or ends before it begins
    init(id: String, slices: [BlobSlice]) throws {
        var starts: [Int64] = []
        var size: Int64 = 0
        for slice in slices {
            if case .file(let path, let offset, let length) = slice {
                guard offset >= 0, length >= 0, !offset.addingReportingOverflow(length).overflow else {
                    throw MessagingError.blob(id: id, reason: "\(length) bytes at \(offset) of \(path) cannot be")
                }
            }
            starts.append(size)
            let (sum, overflow) = size.addingReportingOverflow(slice.length)
            guard !overflow else { throw MessagingError.blob(id: id, reason: "its slices are too long together") }
            size = sum
        }
        (self.id, self.size, self.slices, self.starts) = (id, size, slices, starts)
    }

    var paths: Set<String> {
        Set(slices.compactMap { slice in if case .file(let path, _, _) = slice { path } else { nil } })
    }

    /// Whether the blob has these bytes. Any two numbers may be asked about.
    func contains(offset: Int64, size: Int64) -> Bool {
        offset >= 0 && size >= 0 && offset <= self.size && size <= self.size - offset
    }

    /// Fills `buffer` with the bytes at `offset`, which the blob must have.
    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer, _ file: (String) throws -> ReadableFile)
        throws
    {
        var done = 0
        var index = sliceIndex(at: offset)
        while done < buffer.count {
            let inside = offset + Int64(done) - starts[index]
            let count = Int(min(Int64(buffer.count - done), slices[index].length - inside))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
            switch slices[index] {
            case .bytes(let data):
                data.dropFirst(Int(inside)).prefix(count).withUnsafeBytes { part.copyMemory(from: $0) }
            case .file(let path, let start, _): if count > 0 { try file(path).read(at: start + inside, into: part) }
            }
            done += count
            index += 1
        }
    }

    /// The whole blob's SHA-256 in hexadecimal; `step` is told bytes read so far.
    func hash(_ step: (Int64) throws -> Void) throws -> String {
        var files = OpenFiles()
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < size {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(Int64(buffer.count), size - offset))))
            try read(at: offset, into: part) { try files.file($0) }
            hash.update(UnsafeRawBufferPointer(part))
            offset += Int64(part.count)
            try step(offset)
        }
        return hash.finalize().hexadecimal
    }

    /// The last slice that starts at or before `offset`; empty slices may follow it.
    private func sliceIndex(at offset: Int64) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}

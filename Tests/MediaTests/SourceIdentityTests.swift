import Foundation
import Media
import TestSupport
import Testing

@Suite struct SourceIdentityTests {
    @Test func changesAreNamed() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("film")
        func put(_ bytes: Data, at time: Double) throws -> SourceIdentity {
            try bytes.write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: path)
            return try SourceIdentity.read(path)
        }
        var bytes = Data(repeating: 7, count: 3 << 20)
        let first = try put(bytes, at: 1000)
        #expect(first.size == 3 << 20)
        #expect(try put(bytes, at: 1000).difference(from: first) == nil)
        #expect(try put(bytes, at: 2000).difference(from: first) == "it was written to since")
        bytes[bytes.count - 1] = 8
        #expect(try put(bytes, at: 1000).difference(from: first) == "its contents changed")
        bytes.append(1)
        #expect(try put(bytes, at: 1000).difference(from: first)?.contains("\(3 << 20) bytes and is now") == true)
        #expect(throws: MediaError.self) { try SourceIdentity.read(folder.path("none")) }
    }
}

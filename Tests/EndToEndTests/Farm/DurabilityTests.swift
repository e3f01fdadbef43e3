import Foundation
import TestSupport
import Testing

/// P5, as the kernel sees it: file, directory, commit, and only then the word that it is accepted.
@Suite(.enabled(if: Strace.isAvailable, "needs strace")) struct DurabilityTests {
    @Test func acceptedMeansOnTheDisk() async throws {
        let film = try await KillTests.film()
        let trace = try await Gate.shared.pass { () -> [String] in
            let folder = try TemporaryFolder()
            let log = folder.path("trace")
            // Without keys, so that what is said can be read.
            let farm = try FarmUnderTest(host: nil, in: folder) { place in
                guard case .coordinator = place else { return [] }
                return ["strace", "-f", "-y", "-s", "65536", "-e", "trace=fsync,fdatasync,rename,sendto", "-o", log]
            }
            let coordinator = try await farm.serve()
            try await farm.work("box-1")
            let client = try CoordinatorProcess(
                ["submit", film, "--wait", "-o", folder.path("out.mkv"), "--coordinator", farm.control]
                    + FarmTests.settings)
            let ended = await client.wait()
            try #require(ended.status == 0, "\(ended)")
            coordinator.signalChildren(SIGTERM)
            _ = await coordinator.wait()
            return try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
        }
        for segment in 0..<24 { try check(segment, in: trace) }
    }

    private func check(_ segment: Int, in trace: [String]) throws {
        let name = "segments/\(segment)-1.packets"
        let file = try #require(finished("fsync", of: "\(name).part>", in: trace), "segment \(segment): no fsync")
        let named = try #require(trace.firstIndex { $0.contains("rename(") && $0.contains("\(name)\"") })
        let folder = try #require(finished("fsync", of: "/segments>", after: named, in: trace))
        let commit = try #require(finished("fdatasync", of: "queue.sqlite-wal>", after: folder, in: trace))
        let word = try #require(
            trace.firstIndex { $0.contains("sendto(") && tells(ofSegment: segment, $0) },
            "segment \(segment): nobody was told")
        #expect(file < named && named < folder && folder < commit && commit < word, "segment \(segment)")
    }

    /// One call sends whatever messages wait, each an object of JSON.
    private func tells(ofSegment index: Int, _ line: String) -> Bool {
        messages(in: line.replacing("\\\"", with: "\"")).contains { message in
            message.contains("\"type\":\"accepted\"")
                && (message.contains("\"index\":\(index),") || message.contains("\"index\":\(index)}"))
        }
    }

    private func messages(in line: String) -> [Substring] {
        var (found, depth, start) = ([Substring](), 0, line.startIndex)
        for index in line.indices {
            if line[index] == "{" {
                // A brace by itself may be a frame's length.
                guard depth > 0 || line[index...].hasPrefix("{\"") else { continue }
                if depth == 0 { start = index }
                depth += 1
            } else if line[index] == "}", depth > 0 {
                depth -= 1
                if depth == 0 { found.append(line[start...index]) }
            }
        }
        return found
    }

    /// The line where a call on a file has come back: of two threads' calls the log shows begin and end apart.
    private func finished(_ call: String, of file: String, after start: Int = 0, in trace: [String]) -> Int? {
        for index in start..<trace.count where trace[index].contains("\(call)(") && trace[index].contains(file) {
            guard trace[index].contains("<unfinished") else { return index }
            let thread = trace[index].prefix { $0 != " " }
            return trace[index...].firstIndex { $0.hasPrefix(thread) && $0.contains("<... \(call) resumed>") }
        }
        return nil
    }
}

private enum Strace {
    static let isAvailable = access("/usr/bin/strace", X_OK) == 0
}

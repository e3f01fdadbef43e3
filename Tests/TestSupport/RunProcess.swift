public import Foundation
internal import Processes

/// A tool that ended with an error.
public struct ProcessFailure: Error, CustomStringConvertible {
    public let command: String
    public let status: Int32
    public let output: String

    public var description: String { "\(command) ended with \(status): \(output)" }
}

/// Runs `tool`, found on the PATH, to its end; answers what it wrote to standard output.
///
/// - Throws: `ProcessFailure` with what it wrote to standard error, where it did not end with 0.
@discardableResult
public func run(_ tool: String, _ arguments: [String]) async throws -> Data {
    let folder = try TemporaryFolder()
    let output = folder.path("stdout")
    let errors = folder.path("stderr")
    let status = try await launch(tool, arguments, output: output, errors: errors)
    guard status == 0 else {
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: errors)), as: UTF8.self)
        throw ProcessFailure(command: ([tool] + arguments).joined(separator: " "), status: status, output: text)
    }
    return try Data(contentsOf: URL(fileURLWithPath: output))
}

/// Into files and not pipes: nobody must read while it runs.
private func launch(_ tool: String, _ arguments: [String], output: String, errors: String) async throws -> Int32 {
    let files = try [("/dev/null", O_RDONLY), (output, O_WRONLY), (errors, O_WRONLY)].map { path, mode in
        let descriptor = open(path, mode | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
        return descriptor
    }
    defer { for file in files { close(file) } }
    return try await withCheckedThrowingContinuation { continuation in
        do {
            _ = try Spawned(
                "/usr/bin/env", [tool] + arguments, environment: ProcessInfo.processInfo.environment,
                descriptors: (files[0], files[1], files[2])
            ) { continuation.resume(returning: $0.code) }
        } catch { continuation.resume(throwing: error) }
    }
}

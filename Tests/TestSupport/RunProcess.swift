public import Foundation

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
    for path in [output, errors] { try Data().write(to: URL(fileURLWithPath: path)) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    return try await withCheckedThrowingContinuation { continuation in
        process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
        do { try process.run() } catch {
            process.terminationHandler = nil
            continuation.resume(throwing: error)
        }
    }
}

import Foundation
import TestSupport
import Testing

@testable import CoordinatorCore

/// A film gets its name at once or not at all, and is known again afterwards.
@Suite struct PublicationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String, _ name: String) throws -> String {
        let path = folder.path(name)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    @Test func namesTheFilm() throws {
        let partial = try write("film", ".film.part")
        try Publication.publish(partial, as: folder.path("film.mkv"), overwrite: false)
        #expect(read(folder.path("film.mkv")) == "film")
        #expect(read(partial) == nil)
    }

    @Test func replacesNothingUnasked() throws {
        let partial = try write("film", ".film.part")
        let there = try write("keep me", "film.mkv")
        let error = #expect(throws: CoordinatorError.self) {
            try Publication.publish(partial, as: there, overwrite: false)
        }
        #expect(error?.kind == .file)
        #expect(read(there) == "keep me")
        try Publication.publish(partial, as: there, overwrite: true)
        #expect(read(there) == "film")
    }

    /// A kill between naming the film and the queue's last word: the next run knows it for its own, and no other.
    @Test func knowsItsOwnFilmAgain() throws {
        let partial = try write("film", ".film.part")
        let (mark, output) = (folder.path("joined.json"), folder.path("film.mkv"))
        let film = JoinedFilm(frames: 7, warnings: ["a stream is left out"])
        try JoinMark(of: partial, film: film).save(to: mark)
        #expect(JoinMark.published(mark, output: output) == nil, "it has no name yet")
        try Publication.publish(partial, as: output, overwrite: false)
        #expect(JoinMark.published(mark, output: output) == film)
        try FileManager.default.removeItem(atPath: output)
        _ = try write("film", "film.mkv")
        #expect(JoinMark.published(mark, output: output) == nil, "another file of that name is a stranger's")
    }
}

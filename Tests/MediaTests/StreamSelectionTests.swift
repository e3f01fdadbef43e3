import Testing

@testable import Media

@Suite struct StreamSelectionTests {
    private static let streams: [StreamSelection.Candidate] = [
        .init(index: 0, kind: .video), .init(index: 1, kind: .audio, language: "eng"),
        .init(index: 2, kind: .audio, language: "deu"), .init(index: 3, kind: .video, isBest: true),
        .init(index: 4, kind: .subtitle, language: "eng"), .init(index: 5, kind: .video, isCover: true),
        .init(index: 6, kind: .attachment),
    ]

    @Test(arguments: [
        ("v,a", 3, [0, 1, 2, 3]), ("v:0,a", 0, [0, 1, 2]), ("0,3", 0, [0, 3]), ("3,0", 3, [0, 3]),
        ("-s", 3, [0, 1, 2, 3, 5, 6]), ("-s,-t,-a:deu", 3, [0, 1, 3]), ("v:1,a:eng,s:eng", 3, [1, 3, 4]),
        ("v,a,-2", 3, [0, 1, 3]), ("v,-3", 0, [0]), ("-a,a:1", 3, [0, 2, 3, 4, 5, 6]), ("v,t", 3, [0, 3, 5, 6]),
    ])
    func takes(text: String, video: Int, streams: [Int]) throws {
        let choice = try StreamSelection(text).choose(from: Self.streams, of: "film.mkv")
        #expect(choice.video == video)
        #expect(choice.streams.sorted() == streams)
    }

    @Test(arguments: ["", "x", "v:", "a:1:2", "-", "1.5", "v,,a", "-1-"])
    func refusesWhatIsNoSelection(text: String) {
        // A language may be any word.
        guard text != "a:1:2" else { return }
        let error = #expect(throws: MediaError.self) { try StreamSelection(text) }
        #expect(error?.message.contains("--map") == true)
    }

    @Test(arguments: [("a", "no video"), ("9", "'9'"), ("v,s:fra", "'s:fra'"), ("-v", "no video"), ("5", "no video")])
    func refusesWhatTheFilmHasNot(text: String, words: String) throws {
        let selection = try StreamSelection(text)
        let error = #expect(throws: MediaError.self) { try selection.choose(from: Self.streams, of: "film.mkv") }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
}

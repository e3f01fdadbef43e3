import TestSupport
import Testing

/// Numbers that begin with a dash are numbers to the commands of a running coordinator; none is asked here.
@Suite struct NumberTests {
    @Test(arguments: [
        ["priority", "job", "-5", "--key", "/nowhere/anna.key"],
        ["priority", "--key", "/nowhere/anna.key", "job", "-1000"],
        ["priority", "--key", "/nowhere/anna.key", "--", "job", "-5"],
        ["submit", "film.mkv", "--priority", "-5", "--key", "/nowhere/anna.key"],
    ])
    func aNumberBelowZeroIsRead(_ arguments: [String]) async throws {
        let ended = try await coordinator(arguments)
        #expect(ended.status == 3 && ended.error.contains("/nowhere/anna.key"), "\(ended)")
    }

    @Test(arguments: [
        (["priority", "job", "-1001"], "a priority of -1001 is out of range: give -1000 to 1000"),
        (["submit", "film.mkv", "--priority", "-1001"], "--priority -1001 is out of range: give -1000 to 1000"),
        (["watch", "--interval", "-1"], "--interval -1.0 is out of range"),
        (["serve", "--reserve", "-1"], "--reserve -1 cannot be"),
    ])
    func whatIsOutOfRangeIsSaid(_ arguments: [String], _ words: String) async throws {
        let ended = try await coordinator(arguments)
        #expect(ended.status == 2 && ended.error.contains(words), "\(ended)")
    }
}

import Testing

@testable import WorkerCore

@Suite struct WorkerNameTests {
    @Test func theKeyGivesTheName() throws {
        #expect(try WorkerName.choose(asked: nil, key: "box", host: "host") == "box")
        #expect(try WorkerName.choose(asked: nil, key: nil, host: "host") == "host")
        #expect(try WorkerName.choose(asked: nil, key: nil, host: "a b") == "worker")
        #expect(try WorkerName.choose(asked: "box", key: "box", host: "host") == "box")
        #expect(try WorkerName.choose(asked: "box.2", key: "box", host: "host") == "box.2")
    }

    @Test(arguments: ["other", "boxer", "bo", "box-2"]) func aNameThatIsNotTheKeysIsRefused(_ name: String) {
        let error = #expect(throws: WorkerUsageError.self) {
            try WorkerName.choose(asked: name, key: "box", host: "host")
        }
        #expect(error?.reason.contains("box.2") == true)
    }

    @Test(arguments: ["", "../box", "a/b", "a b", ".box", "é", String(repeating: "x", count: 129)])
    func namesThatNoDirectoryShouldHaveAreRefused(_ name: String) {
        #expect(throws: WorkerUsageError.self) { try WorkerName.choose(asked: name, key: nil, host: "host") }
    }
}

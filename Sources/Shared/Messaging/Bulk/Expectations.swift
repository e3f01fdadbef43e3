/// The blobs that the bulk server is ready to take, by their ids, and by where they go.
struct Expectations {
    private var expected: [String: Expectation] = [:]
    private var ids: [String: Set<String>] = [:]

    subscript(id: String) -> Expectation? { expected[id] }
    var values: Dictionary<String, Expectation>.Values { expected.values }
    var resumable: [String: Expectation] { expected.filter { $0.value.isResumable } }
    var isEmpty: Bool { expected.isEmpty }

    mutating func add(_ expectation: Expectation, for id: String) {
        remove(id)
        expected[id] = expectation
        ids[expectation.destination, default: []].insert(id)
    }

    @discardableResult
    mutating func remove(_ id: String) -> Expectation? {
        guard let expectation = expected.removeValue(forKey: id) else { return nil }
        ids[expectation.destination]?.remove(id)
        if ids[expectation.destination]?.isEmpty == true { ids[expectation.destination] = nil }
        return expectation
    }

    /// Whether bytes are on their way into that file.
    func isWriting(_ destination: String) -> Bool {
        ids[destination]?.contains { expected[$0]?.transfer != nil } == true
    }
}

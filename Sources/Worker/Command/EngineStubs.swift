import ArgumentParser

// In the worker's help; the engine program has what they do.

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the models that this worker has.")
}

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the network alone, the pipeline, and one frame at a time.")
}

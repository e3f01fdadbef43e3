extension FilmTool {
    /// Carries out an order that someone waits for and watches.
    /// - Returns: the child's last word.
    /// - Throws: as `run` does.
    func run(
        _ order: FilmOrder, about film: String, as phase: RunProgress.Phase,
        _ report: @escaping @Sendable (RunReport) -> Void
    ) async throws -> FilmWord {
        let start = Monotonic.seconds
        return try await run(order, about: film) { word in
            guard case .progress(let done, let total) = word else { return }
            let seconds = Monotonic.seconds - start
            let left = done > 0 ? seconds * Double(total - done) / Double(done) : nil
            report(
                .progress(
                    RunProgress(
                        film: film, phase: phase, frames: Int(done), total: Int(total), seconds: seconds,
                        eta: seconds > 2 ? left : nil)))
        }
    }
}

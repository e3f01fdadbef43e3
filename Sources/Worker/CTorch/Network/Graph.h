// What the passes ask of a frozen network's graph.
#pragma once
#include <torch/script.h>

#include <optional>
#include <vector>

namespace ct {

inline bool isCalled(const torch::jit::Node *node, const char *name) {
    return node->kind() == c10::Symbol::fromQualString(name);
}

/// The numbers of a list that is known.
inline std::optional<std::vector<int64_t>> numbers(const torch::jit::Value *value) {
    const auto constant = torch::jit::toIValue(value);
    if (!constant || !constant->isIntList()) return std::nullopt;
    return constant->toIntVector();
}

inline std::optional<int64_t> number(const torch::jit::Value *value) {
    const auto constant = torch::jit::toIValue(value);
    if (!constant || !constant->isInt()) return std::nullopt;
    return constant->toInt();
}

/// A factor, of whatever type: a traced network's is a tensor.
inline std::optional<double> scalar(const torch::jit::Value *value) {
    const auto constant = torch::jit::toIValue(value);
    if (!constant) return std::nullopt;
    if (constant->isInt() || constant->isDouble()) return constant->toScalar().toDouble();
    if (!constant->isTensor() || constant->toTensor().dim() != 0 || constant->toTensor().is_complex()) return std::nullopt;
    return constant->toTensor().item().toDouble();
}

inline std::optional<at::Tensor> tensor(const torch::jit::Value *value) {
    const auto constant = torch::jit::toIValue(value);
    if (!constant || !constant->isTensor()) return std::nullopt;
    return constant->toTensor();
}

}  // namespace ct

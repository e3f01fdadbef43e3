// Convolutions summed directly, in double precision.
#pragma once
#include <cmath>
#include <vector>

#include "Case.h"

/// What the sum is, and how far a kernel's may be from it, which sums in floats and rounds once.
struct Expected {
    double value, most;
};

class Reference {
public:
    Reference(const Case &test, const Numbers &numbers) : test(test), numbers(numbers) {
        for (int n = 0; n < test.batch; ++n)
            for (int y = 0; y < test.height; ++y)
                for (int x = 0; x < test.width; ++x)
                    for (size_t i = 0; i < test.inputs.size(); ++i)
                        for (int c = 0; c < test.inputs[i]; ++c) pixels.push_back(double(numbers.pictures[i][test.at(n, y, x, c, test.inputs[i])]));
        for (int tap = 0; tap < 9; ++tap)
            for (int output = 0; output < test.outputs; ++output)
                for (int c = 0; c < test.channels(); ++c)
                    weights.push_back(double(numbers.weights[size_t((output * test.channels() + c) * 9 + tap)]));
    }

    Expected at(int n, int y, int x, int output) const {
        double sum = numbers.bias[size_t(output)], magnitude = 1;
        for (int tap = 0; tap < 9; ++tap) {
            const int fromY = y + tap / 3 - 1, fromX = x + tap % 3 - 1;
            if (fromY < 0 || fromY >= test.height || fromX < 0 || fromX >= test.width) continue;
            const double *const from = pixels.data() + ((int64_t(n) * test.height + fromY) * test.width + fromX) * test.channels();
            const double *const weight = weights.data() + int64_t(tap * test.outputs + output) * test.channels();
            for (int c = 0; c < test.channels(); ++c) {
                sum += from[c] * weight[c];
                magnitude += std::abs(from[c] * weight[c]);
            }
        }
        if (sum < 0) sum *= numbers.slope[size_t(output)];
        const size_t place = ((size_t(n) * size_t(test.height) + size_t(y)) * size_t(test.width) + size_t(x)) * size_t(test.outputs);
        for (size_t i = 0; i < numbers.bases.size(); ++i) sum = sum * numbers.factors[i] + double(numbers.bases[i][place + size_t(output)]);
        return {sum, std::abs(sum) / 2047 + 1e-6 * magnitude};
    }

private:
    const Case &test;
    const Numbers &numbers;
    std::vector<double> pixels, weights;
};

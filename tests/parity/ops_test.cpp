// Values and gradients in float64 against PyTorch: every case of tests/golden/ops.json (tools/golden/ops.py).
#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"
#include "parity/golden_case.h"
#include "support/op_case.h"

namespace grim::parity {
namespace {

constexpr double kTolerance = 1e-11;  // relative to the largest magnitude of the tensor compared

// Ops that Grimoire does not have and that its ops cannot make up.
const std::map<std::string, std::string>& missing() {
  static const std::map<std::string, std::string> ops = {{"erf", "only inside gelu, whose case checks it"}};
  return ops;
}

const Handlers& handlers() {
  static const Handlers all = [] {
    Handlers h;
    for (void (*add)(Handlers&) : {add_pointwise, add_reductions, add_losses, add_norms, add_attention,
                                   add_convolutions, add_indexing, add_recurrent})
      add(h);
    return h;
  }();
  return all;
}

const Json& golden() {
  static const Json json = Json::parse(read_file(GRIM_SOURCE_DIR "/tests/golden/ops.json"), "ops.json");
  return json;
}
const TensorMap& tensors() {
  static const TensorMap all = read_safetensors(GRIM_SOURCE_DIR "/tests/golden/ops.safetensors");
  return all;
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const Json& entry : golden().list("cases")) names.push_back(entry.text("name"));
  return names;
}
const Json& entry_of(const std::string& name) {
  for (const Json& entry : golden().list("cases"))
    if (entry.text("name") == name) return entry;
  throw Error(ErrorKind::input, "no such case: " + name);
}

// f(role, tensor) for "inputs", "outputs", "probes" or "gradients".
template <class F> void each_tensor(const Json& entry, const char* kind, F&& f) {
  const Json& group = entry.at(kind);
  for (size_t i = 0; i < group.size(); ++i) f(group.keys()[i], tensors().at(group.items()[i].as_text()));
}

Case make_case(const Json& entry) {
  Case c;
  c.entry = &entry;
  each_tensor(entry, "inputs", [&](const std::string& role, const Tensor& t) { c.in[role] = copy(t); });
  each_tensor(entry, "gradients", [&](const std::string& role, const Tensor&) { requires_grad(c.in.at(role)); });
  return c;
}

// The gradient of sum over outputs of sum(output * probe).
void run_backward(const Json& entry, const Outputs& outputs) {
  Tensor total;
  each_tensor(entry, "probes", [&](const std::string& role, const Tensor& probe) {
    const Tensor share = sum(outputs.at(role) * probe);
    total = total.defined() ? total + share : share;
  });
  if (total.defined()) backward(total);
}

void expect_near(const char* what, const std::string& role, const Tensor& got, const Tensor& expected) {
  EXPECT_EQ(got.dtype(), expected.dtype()) << what << " " << role;
  EXPECT_LE(test::relative_difference(got, expected), kTolerance)
      << what << " " << role << "\n got " << got << "\n expected " << expected;
}

class GoldenOps : public testing::TestWithParam<std::string> {};

TEST_P(GoldenOps, AgreeWithPyTorch) {
  const Json& entry = entry_of(GetParam());
  const std::string& op = entry.text("op");
  if (missing().count(op)) GTEST_SKIP() << op << ": " << missing().at(op);
  ASSERT_TRUE(handlers().count(op)) << "no handler for op " << op;
  Case c = make_case(entry);
  const Outputs outputs = handlers().at(op)(c);
  each_tensor(entry, "outputs", [&](const std::string& role, const Tensor& expected) {
    ASSERT_TRUE(outputs.count(role)) << role;
    expect_near("output", role, outputs.at(role), expected);
  });
  run_backward(entry, outputs);
  each_tensor(entry, "gradients", [&](const std::string& role, const Tensor& expected) {
    const Tensor got = c.gradient_of.count(role) ? c.gradient_of.at(role)() : grad(c.in.at(role));
    ASSERT_TRUE(got.defined()) << "no gradient for " << role;
    expect_near("gradient", role, got, expected);
  });
}

INSTANTIATE_TEST_SUITE_P(, GoldenOps, testing::ValuesIn(case_names()), [](const auto& info) { return info.param; });

TEST(GoldenFile, HoldsEveryCase) {
  EXPECT_EQ(golden().list("cases").size(), 118u);
  for (const auto& [op, why] : missing())
    EXPECT_EQ(handlers().count(op), 0u) << op << " is handled now: take it off the list";
}

}  // namespace
}  // namespace grim::parity

// Every learner, loaded from a state with lies in it: it works, or says what is wrong. Also the findings of the fuzzer, replayed.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "fuzz/model_target.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

const std::vector<fuzz::FittedModel>& models() {
  static const std::vector<fuzz::FittedModel> all = fuzz::fitted_models();
  return all;
}

// A copy of the state without one entry, or with one replaced.
State with(const State& s, const std::string& name, const Json* value, const Tensor* tensor) {
  Json values = Json::object();
  for (size_t i = 0; i < s.values().size(); ++i)
    if (s.values().keys()[i] != name) values.set(s.values().keys()[i], s.values().items()[i]);
  TensorMap tensors = s.tensors();
  tensors.erase(name);
  if (value) values.set(name, *value);
  if (tensor) tensors[name] = *tensor;
  return State(std::move(values), std::move(tensors));
}

// What an older program would read without understanding it asks for a newer one; all else stays readable.
TEST(ModelLies, TheVersionSaysWhoMayReadIt) {
  const test::TempFolder folder;
  for (const auto& [unit, version] : {std::pair{1.0, "1"}, {1e60, "2"}}) {
    const Tensor x = Tensor::from<double>({1 * unit, 2 * unit, 3 * unit, 4 * unit}, {4, 1});
    const Dataset data{.x = Features(x), .y = {0, 0, 1, 1}, .weight = {}, .classes = {"a", "b"}};
    const auto tree = make_estimator("tree");
    tree->fit(data);
    tree->save(folder / "tree.model");
    EXPECT_EQ(SafetensorsFile(folder / "tree.model").metadata().at("version"), version);
    EXPECT_EQ(Estimator::load(folder / "tree.model")->score(data), 1.0);
  }
}

TEST(ModelLies, TheTruthIsAccepted) {
  for (const fuzz::FittedModel& m : models()) EXPECT_TRUE(fuzz::answers(m.state, m.rows)) << m.name;
}

TEST(ModelLies, ADroppedEntryIsNamed) {
  for (const fuzz::FittedModel& m : models()) {
    for (const auto& [name, tensor] : m.state.tensors()) {
      try {
        Estimator::from_state(with(m.state, name, nullptr, nullptr));
        ADD_FAILURE() << m.name << " loads without '" << name << "'";
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::input) << m.name << ": " << e.what();
      }
    }
    for (const std::string& name : m.state.values().keys())
      EXPECT_NO_THROW(fuzz::answers(with(m.state, name, nullptr, nullptr), m.rows)) << m.name << " without " << name;
  }
}

TEST(ModelLies, EveryValueOfAnotherKind) {
  const Json others[] = {Json(),
                         Json(true),
                         Json(-1),
                         Json(int64_t{1} << 40),
                         Json(INT64_MIN),
                         Json(INT64_MAX),
                         Json(0),
                         Json(1e300),
                         Json("text"),
                         Json::array(),
                         Json::object(),
                         Json::array({Json(-1), Json(7)}),
                         Json::object({{"name", "x"}})};
  for (const fuzz::FittedModel& m : models())
    for (const std::string& name : m.state.values().keys())
      for (const Json& other : others)
        EXPECT_NO_THROW(fuzz::answers(with(m.state, name, &other, nullptr), m.rows)) << m.name << ", " << name << " = " << other.dump();
}

TEST(ModelLies, EveryTensorOfAnotherShapeAndKind) {
  for (const fuzz::FittedModel& m : models())
    for (const auto& [name, t] : m.state.tensors()) {
      std::vector<Tensor> others = {Tensor::zeros({0}, t.dtype()),
                                    Tensor::zeros({1}, t.dtype()),
                                    Tensor::zeros({t.numel() + 1}, t.dtype()),
                                    Tensor::zeros({2, 3}, t.dtype()),
                                    Tensor::scalar(0, t.dtype()),
                                    Tensor::zeros({0, 4}, t.dtype()),
                                    Tensor::zeros(t.shape(), Dtype::u8),
                                    Tensor::zeros(t.shape(), Dtype::boolean)};
      for (int axis = 0; axis < t.ndim(); ++axis)
        for (int64_t more : {-1, 1}) {
          Shape shape = t.shape();
          shape[axis] = std::max<int64_t>(0, shape[axis] + more);
          others.push_back(Tensor::zeros(shape, t.dtype()));
        }
      for (const Tensor& other : others)
        EXPECT_NO_THROW(fuzz::answers(with(m.state, name, nullptr, &other), m.rows))
            << m.name << ", " << name << ": " << name_of(other.dtype()) << " " << other.shape().to_string();
    }
}

TEST(ModelLies, EveryTensorFullOfExtremes) {
  for (const fuzz::FittedModel& m : models())
    for (const auto& [name, t] : m.state.tensors())
      for (double extreme : {static_cast<double>(NAN), static_cast<double>(INFINITY), -1.0, 1e300, -1e300, 2147483647.0, -2147483648.0,
                             4294967296.0, 9e18, 0.0, 1.0, 0.5}) {
        if (!is_float(t.dtype()) && !(std::abs(extreme) < 9.1e18)) continue;
        if ((t.dtype() == Dtype::i32 && std::abs(extreme) > 2147483648.0) || (t.dtype() == Dtype::u8 && (extreme < 0 || extreme > 255)))
          continue;
        const Tensor all = Tensor::full(t.shape(), extreme, t.dtype());
        EXPECT_NO_THROW(fuzz::answers(with(m.state, name, nullptr, &all), m.rows)) << m.name << ", " << name << " = " << extreme;
      }
}

TEST(ModelLies, RandomDamage) {
  Rng rng(RngMode::philox, 3);
  for (int trial = 0; trial < 6000; ++trial) {
    std::string program;
    for (int i = 0; i < 24; ++i) program += static_cast<char>(rng.randint(0, 256));
    EXPECT_NO_THROW(fuzz::accepts_model(models(), program)) << "trial " << trial;
  }
}

TEST(ModelLies, FindingsOfTheFuzzer) {
  const std::string folder = std::string(GRIM_SOURCE_DIR) + "/tests/fuzz/seeds/model";
  for (const std::string& name : files().list(folder))
    EXPECT_NO_THROW(fuzz::accepts_model(models(), read_file(join_path(folder, name)))) << name;
}

}  // namespace
}  // namespace grim

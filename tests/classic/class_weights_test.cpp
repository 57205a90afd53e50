// Weights by class, and the sums that a data set knows of itself.
#include "grimoire/classic/class_weights.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

using Weights = std::vector<double>;

Dataset flowers() {
  return {.x = Features(Tensor::from(Weights{1, 2, 3, 4}, {4, 1})), .y = {0, 1, 1, 1}, .weight = {2, 1, 1, 0.5}, .classes = {"oak", "elm", "ash"}};
}

TEST(Dataset, CountsItsClasses) {
  const Dataset d = flowers();
  EXPECT_EQ(d.total_weight(), 4.5);
  EXPECT_EQ(d.class_totals(), (Weights{2, 2.5, 0}));
  EXPECT_EQ(d.class_counts(), (std::vector<int64_t>{1, 3, 0}));
}

TEST(ClassWeights, MultiplyThoseOfTheRows) {
  const Dataset d = flowers();
  EXPECT_EQ(rows_with_class_weights(d, "", "t"), d.weight);
  EXPECT_EQ(rows_with_class_weights(d, "elm=4", "t"), (Weights{2, 4, 4, 2}));
  EXPECT_EQ(rows_with_class_weights(d, "oak=.5,elm=2", "t"), (Weights{1, 2, 2, 1}));
  Dataset plain = d;
  plain.weight.clear();
  EXPECT_EQ(rows_with_class_weights(plain, "", "t"), (Weights{1, 1, 1, 1}));
}

// n / (K n_k): every class that has rows weighs the same in all, n / K; one without rows takes part in K alone.
TEST(ClassWeights, Balanced) {
  const Dataset d = flowers();
  const Weights w = rows_with_class_weights(d, "balanced", "t");
  EXPECT_DOUBLE_EQ(w[0], 1.5);
  EXPECT_DOUBLE_EQ(w[1] + w[2] + w[3], 1.5);
  EXPECT_DOUBLE_EQ(w[1], 2 * w[3]);
}

TEST(ClassWeights, NamesMayHoldTheSign) {
  Dataset d = flowers();
  d.classes = {"<=50K", ">50K", "x"};
  EXPECT_EQ(rows_with_class_weights(d, "<=50K=3", "t"), (Weights{6, 1, 1, 0.5}));
}

TEST(ClassWeights, RefusesWhatIsNoWeight) {
  const Dataset d = flowers();
  const auto said = [&](const char* text, NoWeight none = NoWeight::refused) {
    try {
      rows_with_class_weights(d, text, "svc", none);
    } catch (const Error& e) {
      return std::string(e.what()) + " | " + e.hint();
    }
    return std::string();
  };
  EXPECT_EQ(said("oka=2"), "[svc] no class is called 'oka', for which a weight is given | did you mean 'oak'?");
  EXPECT_EQ(said("balancd"), "[svc] no class is called 'balancd', for which a weight is given | the classes: oak, elm, ash");
  for (const char* text : {"oak", "oak=", "oak=x", "oak=-1", "oak=inf", "oak=nan", "oak=1x", "oak=0"})
    EXPECT_NE(said(text).find("a weight above 0"), std::string::npos) << text;
  EXPECT_EQ(said("oak=0", NoWeight::allowed), "");
  EXPECT_EQ(rows_with_class_weights(d, "oak=0", "t", NoWeight::allowed)[0], 0);
}

}  // namespace
}  // namespace grim

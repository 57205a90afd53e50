// Averages of class scores against scikit-learn (tools/golden/metrics.py), and calibration by hand.
#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/classification.h"
#include "support/golden.h"

namespace grim {
namespace {

std::vector<double> numbers_of(const Json& list) {
  std::vector<double> v;
  for (const Json& item : list.items()) v.push_back(item.as_real());
  return v;
}

TEST(Averages, EqualScikitLearns) {
  const Json all = golden_file("metrics/classes.json");
  ASSERT_GE(all.size(), 40u);
  for (const Json& c : all.items()) {
    SCOPED_TRACE(c.dump());
    const int64_t classes = c.integer("classes");
    const std::vector<double> confusion = confusion_matrix(numbers_of(c.at("y")), numbers_of(c.at("said")), classes);
    EXPECT_NEAR(matthews(confusion, classes), c.real("matthews"), 1e-12);
    const auto same = [&](const char* key, Averaging how) {
      const ClassScores s = averaged(confusion, classes, how);
      EXPECT_NEAR(s.precision, c.at(key)[0].as_real(), 1e-12) << key;
      EXPECT_NEAR(s.recall, c.at(key)[1].as_real(), 1e-12) << key;
      EXPECT_NEAR(s.f1, c.at(key)[2].as_real(), 1e-12) << key;
      EXPECT_EQ(s.support, static_cast<double>(c.at("y").size()));
    };
    same("micro", Averaging::micro);
    same("macro", Averaging::macro);
    same("weighted", Averaging::weighted);
  }
}

// Two bins: said .1 and .3 where one of two happened (|.5 - .2| x 2), and said .9 where it did (.1 x 1); three rows.
TEST(Calibration, IsTheMeanGapOfTheBins) {
  const std::vector<double> p = {0.1, 0.3, 0.9}, y = {0, 1, 1};
  EXPECT_NEAR(expected_calibration_error(y, p, 2), 0.7 / 3, 1e-12);
  EXPECT_NEAR(expected_calibration_error(y, p, 2, std::vector<double>{0, 0, 5}), 0.1, 1e-12);
  EXPECT_EQ(expected_calibration_error(std::vector<double>{1}, std::vector<double>{1}), 0);
  EXPECT_THROW(expected_calibration_error({}, {}), Error);
  EXPECT_THROW(expected_calibration_error(y, std::vector<double>{0.1, 0.3, 1.5}), Error);
}

}  // namespace
}  // namespace grim

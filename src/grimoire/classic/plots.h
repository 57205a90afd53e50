// Pictures of how a learner does: curves of its scores, and the border it draws.
#pragma once

#include "grimoire/report/chart.h"
#include "grimoire/classic/validate.h"

namespace grim {

// From the probabilities of rows while they were held back; two classes.
Chart roc_chart(const Dataset& data, const FoldScores& scores);
Chart precision_recall_chart(const Dataset& data, const FoldScores& scores);
Chart reliability_chart(const Dataset& data, const FoldScores& scores);
Chart curve_chart(const std::vector<CurveRow>& curve, const std::string& title, const std::string& x_label);

// The learner fitted anew on two columns: what it predicts over the plane, and the rows (of many, some hundreds drawn evenly).
// throws: input, a column that is a category; usage, a target that is a number
Chart boundary_chart(const Estimator& prototype, const Dataset& data, int64_t column_x, int64_t column_y);

}  // namespace grim

// Weights of classes laid onto rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grimoire/data/features.h"

namespace grim {

// May a class weigh nothing, which leaves its rows out? Only before a fit: a learner counts on weights above 0.
enum class NoWeight : unsigned char { refused, allowed };

// Row weights times class weights. `text`: "" all 1; "balanced": n / (K n_k), where n counts by weight; "yes=10,no=1" by name.
// throws: argument, naming `who`: a class that is not there, with the nearest one; a weight that is none
std::vector<double> rows_with_class_weights(const Dataset& data, const std::string& text, std::string_view who, NoWeight none = NoWeight::refused);

}  // namespace grim

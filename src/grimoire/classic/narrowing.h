// Where numbers would lose what they say: in float32, and under a large offset.
#pragma once

#include <span>
#include <vector>

#include "grimoire/data/features.h"

namespace grim {

// Different doubles become one float although there are at most 255 different floats, or although the rows of one such float are more than
// 1 in 2,040; or a finite number leaves the range of floats. (Rare neighbours that meet, as in any large column of measurements, are no
// loss to whoever squares differences.)
bool floats_lose(std::vector<double> values);
bool floats_lose(const Features& x);  // in any column of numbers; sparse rows: among the entries of a column

// Of each column a centre to subtract, where its mean is more than 1024 times its deviation (time stamps, years as 20180130, ids), else 0;
// empty when no column has one. By the means of at most 2,048 rows.
std::vector<double> large_offsets(const Features& x);
Features less_offsets(const Features& x, const std::vector<double>& offset);  // dense, f64

// Of each column a power of two that brings it near deviation 1, where it is beyond [2^-10, 2^10], else 1; empty when all are 1.
std::vector<double> column_units(const Features& x);

}  // namespace grim

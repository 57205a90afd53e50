// The families of tests, in the order in which they are listed: a new one is a file and a name here.
#pragma once

#include "grimoire/command/stats/test.h"

namespace grim {

extern const StatsFamily kDescriptions, kMeans, kGroups, kCounts, kRanks, kCorrelations, kResampling, kPlanning, kInformation, kModels;

inline const StatsFamily* const kStatsFamilies[] = {&kDescriptions, &kMeans, &kGroups, &kCounts, &kRanks, &kCorrelations, &kResampling, &kPlanning,
                                                    &kInformation, &kModels};

}  // namespace grim

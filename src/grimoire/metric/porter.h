// The Porter stemmer: an English word without its endings, by rules.
//   Porter 1980, "An algorithm for suffix stripping", Program 14(3), with the departures of NLTK's default mode, which rouge-score uses
#pragma once

#include <string>
#include <string_view>

namespace grim {

std::string porter_stem(std::string_view word);  // of small ASCII letters and digits; other bytes count as consonants

}  // namespace grim

// The table of filters: those of texts and numbers in filters.cpp, those of lists in list_filters.cpp.
#pragma once

#include <span>
#include <string_view>

#include "grimoire/text/jinja/run.h"

namespace grim::jinja {

struct FilterEntry {
  std::string_view name;
  Value (*apply)(Run&, const Value&, const Arguments&);
};
std::span<const FilterEntry> list_filters();

}  // namespace grim::jinja

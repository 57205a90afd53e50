// Markdown as people write it on cards and in entries, for a terminal and for a page. It is CommonMark with tables, read by three house
// rules: every line of the source starts a line; a list, a quote or a table may follow text at once; what is indented continues its
// item, it is never code. HTML in it is shown as the text that it is.
#pragma once

#include <string>
#include <string_view>

#include "grimoire/report/report.h"

namespace grim::report {

// Lines of at most style.width columns, the last one ended. Without styles, emphasis leaves no marks and `code` keeps its own.
std::string markdown_to_text(std::string_view markdown, const TextStyle& style = {});
std::string markdown_to_html(std::string_view markdown);

}  // namespace grim::report

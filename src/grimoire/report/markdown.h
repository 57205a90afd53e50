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

// One line whose first letters begin no list, heading, quote or code: a question or an answer, where only **bold** and its like count.
std::string inline_markdown(std::string_view line);

// The line that opens or closes code: three or more of one mark. CommonMark 0.31, 4.5.
struct Fence {
  char mark = 0;
  size_t length = 0;  // 0: the line is none
  bool bare = false;  // nothing stands behind the marks: it can close code
  bool closes(const Fence& open) const { return bare && mark == open.mark && length >= open.length; }
};
Fence fence_of(std::string_view line);

}  // namespace grim::report

// Texts as documents of sentences: what objectives read that know more of a text than its tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grim {

enum class DocumentForm {
  automatic,  // sentences where most lines hold a part of one, as in printed books; else lines
  lines,      // a line is a sentence, blank lines part documents: BERT's own data
  sentences,  // running text, cut behind . ! ? and their like; it has no documents, so that every 64 sentences count as one
};

using Document = std::vector<std::string>;  // of sentences, none empty, without spaces around
inline constexpr size_t kSentencesOfADocument = 64;

// `text` has line ends LF. throws: input, there is no sentence in it; `source` names it
std::vector<Document> documents_of(std::string_view text, const std::string& source, DocumentForm form = DocumentForm::automatic);

// Running text cut into sentences: behind . ! ? … 。！？ with their closing quotes and brackets, where white space follows and what comes then does not
// begin in lower case or with a comma and its like; not behind an initial, a title or an abbreviation that something follows (J. Smith, Mr. Smith, et al.
// 2007). A blank line ends one too.
std::vector<std::string> sentences_of(std::string_view text);

// Documents as a language model reads them, one behind the other: `text` is parted by the mark `end`, white space around each part and empty parts are left
// out, and each is written between the marks `begin` and `end`, which may be the same one: it then stands between two documents once.
std::string packed_documents(std::string_view text, std::string_view begin, std::string_view end);

}  // namespace grim

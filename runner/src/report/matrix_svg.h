// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "judge/matrix.h"

namespace o2lab {

/// The matrix as a picture: a row a case, a column a prefix; green and red as they came, a soft red where red
/// is as it should be, a frame around what is wrong. Colours are the page's. Each cell that ran leads to
/// its folder.
std::string matrix_svg(const Matrix& matrix);

/// A section of the page of a run: the picture, what the parts are, what turns green where, what is wrong.
std::string matrix_html(const Matrix& matrix);

}  // namespace o2lab

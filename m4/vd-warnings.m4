# SPDX-License-Identifier: LGPL-2.1-or-later
#
# VD_ADD_FLAGS(VARIABLE, FLAG...)
# Adds each flag that the compiler accepts without complaint.
AC_DEFUN([VD_ADD_FLAGS], [
m4_foreach_w([vd_flag], [$2], [
	AS_VAR_PUSHDEF([vd_cache], [vd_cv_cc_accepts_]vd_flag)
	AC_CACHE_CHECK([whether $CC accepts ]vd_flag, [vd_cache], [
		vd_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror vd_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()],
			[AS_VAR_SET([vd_cache], [yes])], [AS_VAR_SET([vd_cache], [no])])
		CFLAGS=$vd_save_CFLAGS
	])
	AS_VAR_IF([vd_cache], [yes], [$1="$$1 vd_flag"])
	AS_VAR_POPDEF([vd_cache])
])
])

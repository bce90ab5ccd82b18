/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attaching and detaching disks; see hotadd.h.
 */
#include "config.h"

#include "hotadd.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/alloc.h"
#include "../../common/ascii.h"
#include "../../common/bytes.h"
#include "../../common/cleanup.h"
#include "../../common/log.h"
#include "../../common/osutil.h"
#include "dspath.h"
#include "fault.h"
#include "properties.h"
#include "task.h"

#define VM                "VirtualMachine"
#define DEVICES           "config.hardware.device"
#define HW_VERSION        "config.version"
#define UUID              "config.uuid"
#define POWER             "runtime.powerState"
#define UUID_LEN          36u
#define RESERVED          7u  /* the unit of the adapter itself */
#define UNITS             16u /* of an adapter, that one included */
#define UNITS_MAX         64u /* of a paravirtual one, since: */
#define UNITS_MAX_VERSION 14u
#define LIMIT_MS          (5u * 60 * 1000)
#define BUSY_MS           500u /* the first pause; each is twice the one before */
#define BUSY_TRIES        6u   /* after the first */

static const char *server_of(const struct vim_session *s)
{
	return vim_http_name(vim_session_http(s));
}

static VixError ask_vm(struct vim_session *s, const char *vm, const char *const *paths,
		       struct vim_props **p_out)
{
	const struct vim_ref ref = { VM, vm };

	return vim_props_lookup(s,
				&(const struct vim_ask){
					.type = VM, .paths = paths, .from = &ref, .from_count = 1 },
				p_out);
}

/* Which machine. */

/* Both ways in which a UUID may be written; false: it is none. */
static bool read_uuid(const char *text, char as_is[UUID_LEN + 1], char swapped[UUID_LEN + 1])
{
	/* pairs of digits of the first three groups, from the last to the first */
	static const unsigned char from[] = { 6, 4, 2, 0, 11, 9, 16, 14 };
	static const unsigned char to[] = { 0, 2, 4, 6, 9, 11, 14, 16 };

	if (strlen(text) != UUID_LEN)
		return false;
	for (size_t i = 0; i < UUID_LEN; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
		as_is[i] = (char)tolower((unsigned char)text[i]);
	}
	as_is[UUID_LEN] = '\0';
	memcpy(swapped, as_is, UUID_LEN + 1);
	for (size_t i = 0; i < sizeof(from); i++)
		memcpy(swapped + to[i], as_is + from[i], 2);
	return true;
}

/* Is it running, and is this its UUID? */
static VixError check_vm(struct vim_session *s, const char *vm, const char *uuid, bool *is_it_out)
{
	static const char *const paths[] = { UUID, POWER, NULL };
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	const char *has, *power;

	VD_TRY(ask_vm(s, vm, paths, &p));
	has = vim_props_text(p, vm, UUID);
	power = vim_props_text(p, vm, POWER);
	*is_it_out = has != NULL && vu_ascii_casecmp(has, uuid) == 0 && power != NULL &&
		     strcmp(power, "poweredOn") == 0;
	return VIX_OK;
}

/* Those of @found that are it; a second one is remembered as such. */
static VixError take_vms(struct vim_session *s, vim_node *found, const char *uuid, char **moref,
			 bool *several)
{
	for (; found != NULL; found = vim_xml_next(found)) {
		const char *value = vim_xml_text(found, "");
		bool is_it = false;

		if (strcmp(vim_xml_ref_type(found), VM) != 0 ||
		    (*moref != NULL && strcmp(*moref, value) == 0))
			continue;
		VD_TRY(check_vm(s, value, uuid, &is_it));
		*several |= is_it && *moref != NULL;
		if (!is_it || *moref != NULL)
			continue;
		*moref = strdup(value);
		if (*moref == NULL)
			return VIX_E_OUT_OF_MEMORY;
	}
	return VIX_OK;
}

/* Servers that can't tell all machines of a UUID tell one. */
static VixError search(struct vim_session *s, const char *uuid, struct vim_xml **x_out)
{
	struct vu_strbuf b = { 0 };
	VU_AUTO(free) char *args = NULL;
	struct vim_call call = { .method = "FindAllByUuid",
				 .of = { "SearchIndex", vim_session_content(s)->search_index } };
	struct vim_fault fault;

	vim_arg_text(&b, "uuid", uuid);
	vim_arg_bool(&b, "vmSearch", true);
	call.args = args = vu_strbuf_take(&b);
	if (args == NULL)
		return VIX_E_OUT_OF_MEMORY;
	VD_TRY(vim_session_try(s, &call, x_out, &fault));
	if (fault.name[0] == '\0')
		return VIX_OK;
	vim_xml_free(*x_out);
	*x_out = NULL;
	call.method = "FindByUuid";
	return vim_session_call(s, &call, x_out);
}

static VixError find_one(struct vim_session *s, const char *uuid, char **moref, bool *several)
{
	VU_AUTO(vim_xml) struct vim_xml *x = NULL;

	VD_TRY(search(s, uuid, &x));
	return take_vms(s, vim_xml_find(vim_xml_root(x), "returnval"), uuid, moref, several);
}

VixError vim_hotadd_find_vm(struct vim_session *s, const char *uuid, char **moref_out)
{
	char as_is[UUID_LEN + 1], swapped[UUID_LEN + 1];
	VU_AUTO(free) char *moref = NULL;
	bool several = false;

	*moref_out = NULL;
	if (vim_session_content(s)->search_index == NULL || !read_uuid(uuid, as_is, swapped))
		return VIX_OK;
	VD_TRY(find_one(s, as_is, &moref, &several));
	VD_TRY(find_one(s, swapped, &moref, &several));
	if (several)
		VU_WARN("hotadd", "%s: several running machines have the UUID of this one, %s",
			server_of(s), as_is);
	else
		*moref_out = VU_STEAL(moref);
	return VIX_OK;
}

/* Which slot. */

static bool is_paravirtual(vim_node *device)
{
	return strcmp(vim_xml_type(device), "ParaVirtualSCSIController") == 0;
}

static bool is_sas(vim_node *device)
{
	return strcmp(vim_xml_type(device), "VirtualLsiLogicSASController") == 0;
}

static bool is_usable(vim_node *device)
{
	const char *shared = vim_xml_text(device, "sharedBus");

	return (is_paravirtual(device) || is_sas(device) ||
		strcmp(vim_xml_type(device), "VirtualLsiLogicController") == 0) &&
	       (shared == NULL || strcmp(shared, "noSharing") == 0);
}

/* "vmx-13" */
static unsigned version_of(const struct vim_props *p, const char *vm)
{
	const char *text = vim_props_text(p, vm, HW_VERSION);
	unsigned version;

	return text != NULL && sscanf(text, "vmx-%u", &version) == 1 ? version : 0;
}

/* The units of a controller that are taken, a bit for each. */
static uint64_t taken_units(vim_node *device, uint64_t controller)
{
	uint64_t taken = UINT64_C(1) << RESERVED, on, unit;

	for (; device != NULL; device = vim_xml_next(device)) {
		if (vim_xml_uint(device, "controllerKey", &on) && on == controller &&
		    vim_xml_uint(device, "unitNumber", &unit) && unit < UNITS_MAX)
			taken |= UINT64_C(1) << unit;
	}
	return taken;
}

static bool find_unit(vim_node *devices, vim_node *controller, unsigned units,
		      struct vim_slot *slot_out)
{
	uint64_t key, taken, pci_slot;

	if (!vim_xml_uint(controller, "key", &key) || key > INT32_MAX)
		return false;
	taken = taken_units(devices, key);
	for (unsigned unit = 0; unit < units; unit++) {
		if (taken >> unit & 1)
			continue;
		*slot_out = (struct vim_slot){
			.controller = (uint32_t)key,
			.unit = unit,
			.pci_slot = -1,
			.has_own_targets = is_sas(controller),
		};
		if (vim_xml_uint(controller, "slotInfo/pciSlotNumber", &pci_slot) &&
		    pci_slot <= INT32_MAX)
			slot_out->pci_slot = (long)pci_slot;
		return true;
	}
	return false;
}

/* On the controllers of one kind. */
static bool find_on(vim_node *devices, bool paravirtual, unsigned units, struct vim_slot *slot_out)
{
	for (vim_node *n = devices; n != NULL; n = vim_xml_next(n)) {
		if (is_usable(n) && is_paravirtual(n) == paravirtual &&
		    find_unit(devices, n, units, slot_out))
			return true;
	}
	return false;
}

VixError vim_hotadd_find_slot(struct vim_session *s, const char *vm, struct vim_slot *slot_out,
			      bool *found_out)
{
	static const char *const paths[] = { DEVICES, HW_VERSION, NULL };
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	vim_node *devices;
	unsigned most;

	*found_out = false;
	VD_TRY(ask_vm(s, vm, paths, &p));
	VD_TRY(vim_props_need(p, vm, DEVICES, &devices));
	devices = vim_xml_find(devices, "VirtualDevice");
	most = version_of(p, vm) >= UNITS_MAX_VERSION ? UNITS_MAX : UNITS;
	*found_out = find_on(devices, true, most, slot_out) ||
		     find_on(devices, false, UNITS, slot_out);
	return VIX_OK;
}

/* Attached disks. */

static const char *mode_of(const struct vim_attached *disk)
{
	return disk->is_writable ? "persistent" : "independent_nonpersistent";
}

/* What is in a backing, or in one that it stands on: what a machine writes may go to a file before. */
static bool has_file(vim_node *backing, const char *file)
{
	for (; backing != NULL; backing = vim_xml_find(backing, "parent")) {
		const char *name = vim_xml_text(backing, "fileName");

		if (name != NULL && vim_dspath_equal(name, file))
			return true;
	}
	return false;
}

static bool is_attached(vim_node *device, const struct vim_attached *disk)
{
	vim_node *backing = vim_xml_find(device, "backing");
	const char *mode = vim_xml_text(backing, "diskMode");
	uint64_t key, controller, unit;

	return strcmp(vim_xml_type(device), "VirtualDisk") == 0 &&
	       vim_xml_uint(device, "key", &key) && key != 0 && key <= INT32_MAX &&
	       (disk->key == 0 || key == disk->key) &&
	       vim_xml_uint(device, "controllerKey", &controller) &&
	       controller == disk->controller && vim_xml_uint(device, "unitNumber", &unit) &&
	       unit == disk->unit && mode != NULL && strcmp(mode, mode_of(disk)) == 0 &&
	       has_file(backing, disk->file);
}

/* *@device_out stays NULL: it is not there.  It belongs to @p_out. */
static VixError find_attached(struct vim_session *s, const char *vm,
			      const struct vim_attached *disk, struct vim_props **p_out,
			      vim_node **device_out)
{
	static const char *const paths[] = { DEVICES, NULL };
	vim_node *n;

	*device_out = NULL;
	VD_TRY(ask_vm(s, vm, paths, p_out));
	VD_TRY(vim_props_need(*p_out, vm, DEVICES, &n));
	for (n = vim_xml_find(n, "VirtualDevice"); n != NULL; n = vim_xml_next(n)) {
		if (is_attached(n, disk))
			*device_out = n;
	}
	return VIX_OK;
}

/* The device as a specification has it; the order of its elements is the schema's. */
static void put_device(struct vu_strbuf *b, const struct vim_attached *disk, uint64_t capacity)
{
	vu_strbuf_puts(b, "<device xsi:type=\"VirtualDisk\">");
	vu_strbuf_printf(b, "<key>%" PRId64 "</key>", disk->key == 0 ? -1 : (int64_t)disk->key);
	if (disk->key == 0) {
		vu_strbuf_puts(b, "<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\">");
		vim_arg_text(b, "fileName", disk->file);
		vim_arg_text(b, "diskMode", mode_of(disk));
		vu_strbuf_puts(b, "</backing>");
	}
	vim_arg_uint(b, "controllerKey", disk->controller);
	vim_arg_uint(b, "unitNumber", disk->unit);
	vim_arg_uint(b, "capacityInKB", capacity / 1024);
	vu_strbuf_puts(b, "</device>");
}

static VixError reconfigure(struct vim_session *s, const char *vm, bool add,
			    const struct vim_attached *disk, uint64_t capacity)
{
	struct vu_strbuf b = { 0 };
	VU_AUTO(free)
	char *doing = vu_asprintf("%s %s", add ? "attach" : "detach", vu_log_quote(disk->file));
	VU_AUTO(free) char *args = NULL;
	const struct vim_task how = { .doing = doing, .limit_ms = LIMIT_MS };
	struct vim_call call = { .method = "ReconfigVM_Task", .of = { VM, vm } };

	vu_strbuf_puts(&b, "<spec><deviceChange>");
	vim_arg_text(&b, "operation", add ? "add" : "remove");
	put_device(&b, disk, capacity);
	vu_strbuf_puts(&b, "</deviceChange></spec>");
	call.args = args = vu_strbuf_take(&b);
	if (args == NULL || doing == NULL)
		return VIX_E_OUT_OF_MEMORY;
	return vim_task_run(s, &call, &how, NULL);
}

/* The server does one thing at a time to a machine: a snapshot of it, or the disk of another client. */
static VixError reconfigure_in_turn(struct vim_session *s, const char *vm, bool add,
				    const struct vim_attached *disk, uint64_t capacity)
{
	char said[512];
	VixError err;

	for (unsigned i = 0;; i++) {
		vu_log_catch(said, sizeof(said));
		err = reconfigure(s, vm, add, disk, capacity);
		vu_log_catch(NULL, 0);
		if (err != VIX_E_OBJECT_IS_BUSY || i == BUSY_TRIES)
			break;
		VU_INFO("hotadd", "%s is busy with the machine %s: tried again", server_of(s),
			vu_log_quote(vm));
		vu_sleep_ms(BUSY_MS << i);
	}
	if (err != VIX_OK && said[0] != '\0')
		VU_ERR("hotadd", "%s", said);
	return err;
}

VixError vim_hotadd_attach(struct vim_session *s, const char *vm, struct vim_attached *disk,
			   uint64_t capacity, char **uuid_out)
{
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	vim_node *device;
	uint64_t key = 0;
	const char *uuid;

	*uuid_out = NULL;
	disk->key = 0;
	VD_TRY(reconfigure_in_turn(s, vm, true, disk, capacity));
	VD_TRY(find_attached(s, vm, disk, &p, &device));
	if (!vim_xml_uint(device, "key", &key)) {
		VU_ERR("hotadd",
		       "%s: %s was attached to %s, which does not have it as unit %" PRIu32
		       ":%" PRIu32,
		       server_of(s), vu_log_quote(disk->file), vu_log_quote(vm), disk->controller,
		       disk->unit);
		return VIX_E_NET_HTTP_TRANSFER;
	}
	disk->key = (uint32_t)key;
	uuid = vim_xml_text(device, "backing/uuid");
	*uuid_out = vu_strdup_or_null(uuid);
	return *uuid_out != NULL || uuid == NULL ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

VixError vim_hotadd_detach(struct vim_session *s, const char *vm, const struct vim_attached *disk)
{
	VU_AUTO(vim_props) struct vim_props *p = NULL;
	struct vim_attached there = *disk;
	uint64_t key = 0, kib = 0;
	vim_node *device;

	VD_TRY(find_attached(s, vm, disk, &p, &device));
	if (!vim_xml_uint(device, "key", &key)) {
		VU_INFO("hotadd", "%s is not attached any more", vu_log_quote(disk->file));
		return VIX_OK;
	}
	there.key = (uint32_t)key;
	vim_xml_uint(device, "capacityInKB", &kib);
	return reconfigure_in_turn(s, vm, false, &there, vu_min(kib, UINT64_MAX / 1024) * 1024);
}
